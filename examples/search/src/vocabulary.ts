/** The words and sentences that the tenants' documents are made of. */

/** What a tenant's people work with. */
export interface Trade {
  readonly name: string
  /** Nouns, singular. */
  readonly things: readonly string[]
  /** Past participles: what is done to the things. */
  readonly deeds: readonly string[]
}

export const trades: readonly Trade[] = [
  {
    name: 'bakery',
    things: list(
      `oven sourdough baguette croissant mixer flour yeast dough rye loaf pretzel brioche icing tray
       proofer scale starter crust sesame poppyseed bun bagel strudel tart custard filling glaze rack
       cooler sieve spelt wholemeal focaccia ciabatta shortbread marzipan cinnamon butter`,
    ),
    deeds: list(
      'baked kneaded proofed glazed sliced weighed cooled sifted shaped frozen delivered',
    ),
  },
  {
    name: 'shipyard',
    things: list(
      `hull keel rudder propeller anchor winch bulkhead mast rigging deckplate gangway crane drydock
       weld rivet gasket bilge pump compass radar hatch porthole ballast tiller sail halyard cleat
       bollard lifeboat stanchion shaft bearing gearbox turbine manifold valve flange`,
    ),
    deeds: list(
      'welded launched caulked painted riveted towed surveyed moored sealed aligned tested',
    ),
  },
  {
    name: 'library',
    things: list(
      `atlas catalogue shelf manuscript folio binding parchment novel almanac dictionary periodical
       microfilm bookplate ledger pamphlet anthology biography codex index reader lamp reading-room
       archive facsimile gazette incunable map monograph newspaper quarto scroll spine thesaurus
       vellum volume watermark woodcut bookmark`,
    ),
    deeds: list(
      'catalogued borrowed shelved restored digitised bound lent renewed reserved annotated',
    ),
  },
  {
    name: 'nursery',
    things: list(
      `seedling greenhouse compost orchid fern maple rosebush trellis sprinkler hose mulch bulb tulip
       hydrangea conifer hedge topiary succulent cactus bonsai wheelbarrow trowel dibber fertiliser
       peat perlite cutting rootstock graft sapling lavender rosemary thyme basil jasmine wisteria
       aphid ladybird`,
    ),
    deeds: list(
      'pruned watered potted grafted sown transplanted mulched harvested weeded propagated',
    ),
  },
  {
    name: 'clinic',
    things: list(
      `stethoscope bandage prescription vaccine ward thermometer syringe splint wheelchair scanner
       referral appointment blood-sample plaster inhaler antibiotic allergy diagnosis surgery
       physiotherapy crutch dressing infusion monitor electrode gown mask glove cabinet stretcher
       cast suture tablet ointment dosage chart consent triage`,
    ),
    deeds: list(
      'prescribed examined sterilised scheduled referred vaccinated bandaged admitted recorded',
    ),
  },
  {
    name: 'observatory',
    things: list(
      `telescope mirror dome spectrograph eyepiece nebula comet asteroid galaxy supernova quasar filter
       camera exposure mount tripod guider occultation eclipse transit parallax magnitude photometer
       aperture collimation coronagraph interferometer pulsar satellite meteor sunspot equinox
       ephemeris star-chart finder lens grating dewar`,
    ),
    deeds: list(
      'observed calibrated photographed catalogued collimated measured tracked focused stacked',
    ),
  },
  {
    name: 'railway',
    things: list(
      `locomotive carriage signal timetable platform sleeper switch bogie coupling pantograph boiler
       turntable siding viaduct tunnel cutting embankment junction buffer brake whistle tender freight
       wagon conductor ticket luggage signalbox semaphore ballast gauge catenary transformer depot
       railcar shunter footplate crossing`,
    ),
    deeds: list(
      'inspected coupled rerouted delayed electrified shunted overhauled signalled lubricated',
    ),
  },
  {
    name: 'brewery',
    things: list(
      `hop malt barley kettle mash-tun fermenter keg cask bottle label yeast wort lager stout porter
       pilsner tap coaster hydrometer gravity carbonation bung spile chiller grist sparge lauter
       adjunct whirlpool brewhouse taproom growler foam bitterness aroma barrel cooper maltster`,
    ),
    deeds: list('brewed fermented mashed bottled tapped racked carbonated filtered tasted matured'),
  },
  {
    name: 'theatre',
    things: list(
      `costume spotlight curtain rehearsal script prop backdrop understudy prompter box-office balcony
       orchestra overture monologue matinee premiere wig greasepaint trapdoor rigging dimmer gel
       proscenium stage wing dressing-room usher programme encore chorus libretto soprano baritone
       tenor choreography director stagehand cue`,
    ),
    deeds: list(
      'rehearsed staged lit sewn prompted cast postponed applauded choreographed rewritten',
    ),
  },
  {
    name: 'vineyard',
    things: list(
      `grape trellis barrel cork vintage harvest must tannin cellar decanter riesling merlot pinot
       chardonnay shiraz rootstock canopy pruner press vat sediment label bottle tasting sommelier
       terroir slope frost hail netting oak bouquet acidity sugar ferment lees punt magnum`,
    ),
    deeds: list('harvested pressed blended aged decanted bottled corked labelled pruned tasted'),
  },
  {
    name: 'museum',
    things: list(
      `exhibit sculpture fossil vase painting curator showcase amphora tapestry coin medal skeleton
       mosaic fresco relic pedestal gallery audio-guide label loan provenance crate humidity restorer
       varnish canvas frame etching lithograph bronze marble terracotta porcelain amber dinosaur
       meteorite diorama cloakroom`,
    ),
    deeds: list(
      'exhibited restored lent insured framed dated crated catalogued donated photographed',
    ),
  },
  {
    name: 'workshop',
    things: list(
      `bicycle spoke derailleur saddle handlebar pedal chain sprocket brake-pad tyre inner-tube pump
       wrench bearing bottom-bracket fork headset stem rim hub freewheel cassette crank cable housing
       lever bell dynamo lamp mudguard pannier kickstand frame tandem tricycle trailer helmet lock`,
    ),
    deeds: list(
      'repaired trued greased adjusted replaced tightened cleaned assembled painted returned',
    ),
  },
]

export const firstNames: readonly string[] = list(
  `Ada Alan Amina Anders Barbara Beatriz Carlos Chen Dalia Dmitri Edsger Elena Emeka Fatima Felix
   Grace Hana Hedy Igor Ingrid Ivan Jamal Jana Joan Jorge Kamala Katherine Kenji Lars Leila Linus
   Lucia Mae Marek Margaret Mei Miguel Mina Nadia Niklaus Noor Olga Omar Petra Priya Radia Rashid
   Rosa Ruth Sanjay Selma Sofia Tariq Tove Ursula Vera Wanda Xavier Yara Yusuf Zoe Zuzana`,
)

export const lastNames: readonly string[] = list(
  `Abbott Almeida Andersson Bakker Banerjee Becker Bianchi Castillo Chowdhury Clarke Cohen Dubois
   Eriksen Farouk Ferrari Fischer Garcia Gruber Haddad Hansen Hernandez Hoffmann Ivanova Jansen
   Johansson Kaplan Kaur Kimura Kowalski Laurent Lindgren Lopez Marino Martinez Meyer Moreau Mwangi
   Nakamura Nguyen Novak Nwosu Okafor Olsen Patel Petrov Popescu Rahman Rossi Sato Schneider Silva
   Singh Sorensen Suzuki Takahashi Tanaka Torres Vargas Virtanen Wagner Weber Yamamoto Zielinski`,
)

export const places: readonly string[] = list(
  `Aberdeen Antwerp Basel Bergen Bilbao Bologna Bordeaux Bremen Brno Cardiff Chania Cork Dresden
   Dubrovnik Exeter Freiburg Galway Gdansk Ghent Graz Haarlem Heidelberg Innsbruck Kaunas Krakow
   Leiden Lille Linz Ljubljana Lucerne Lyon Malaga Malmo Maribor Nantes Odense Oulu Padua Pecs
   Plovdiv Porto Potsdam Riga Rouen Salzburg Siena Split Tartu Trieste Trondheim Turku Uppsala
   Utrecht Vilnius Wroclaw York Zadar`,
)

export const adjectives: readonly string[] = list(
  `ancient battered blue borrowed bright broken careful cheap clean cold cracked crooked curious dark
   delicate dented dry dusty early empty excellent expensive faded famous faulty fragile fresh grey
   heavy hidden hollow honest incomplete large late leaking light loose lost missing modest narrow new
   noisy old ordinary original patient portable precious promising quiet rare red reliable rough rusty
   second-hand seasonal silent simple slow small smooth spare splendid steady strange sturdy
   surprising temporary tidy unfinished unusual upper useful valuable warm weathered worn yellow`,
)

export const adverbs: readonly string[] = list(
  `already briefly carefully entirely finally gladly hardly mostly nearly occasionally officially
   partly perhaps properly quickly quietly rarely recently repeatedly seldom slowly soon suddenly
   twice usually`,
)

export const topics: readonly string[] = list(
  `accident agreement anniversary audit budget certificate complaint contract course deadline
   delivery discount emergency estimate fee festival guarantee holiday inspection insurance interview
   inventory invoice lease licence meeting merger newsletter noise partnership permit photograph
   policy proposal quality receipt refund regulation rent replacement report rota safety sample
   schedule storage strike subscription supplier survey tax tender training transport vacancy visit
   volunteer warranty weather workshop`,
)

/** The kinds of document, and how a title of each is made. */
export const kinds: readonly { readonly kind: string; readonly title: string }[] = [
  { kind: 'letter', title: 'Letter from {name} about the {adjective} {thing}' },
  { kind: 'minutes', title: 'Minutes: {topic} and {topic}, {place}' },
  { kind: 'order', title: 'Order {number}: {adjective} {thing} and {thing}' },
  { kind: 'manual', title: 'How the {adjective} {thing} is {deed}' },
  { kind: 'ticket', title: 'Ticket {number}: {thing} not {deed}' },
  { kind: 'report', title: 'Report on the {topic} in {place}' },
]

/** `documents.ts` replaces the words in braces. */
export const sentences: readonly string[] = [
  '{name} asked whether the {adjective} {thing} could be {deed} before the {topic}.',
  'The {thing} from {place} arrived {adverb}, and it was {adjective}.',
  'After the {topic} in {place} nobody had {deed} the {thing}.',
  'We {adverb} agreed that every {adjective} {thing} is to be {deed} by {name}.',
  'According to {name}, a {thing} costs {number} and a {adjective} one {number}.',
  'The {topic} was put off because the {thing} had {adverb} been {deed}.',
  'Please send the {adjective} {thing} and the {thing} to {place}, reference {number}.',
  '{name} and {name} will see to the {topic}.',
  'It was {adverb} said that the {thing} in {place} is {adjective}, but the {topic} says otherwise.',
  'A {thing} that has been {deed} should never stand beside a {adjective} {thing}.',
  'The {topic} of last year names {number} {adjective} pieces, among them a {thing}.',
  'If the {thing} is {adjective}, call {name} in {place} and mention the {topic}.',
  'Nothing in the {topic} explains why the {thing} was {adverb} {deed}.',
  '{name} from {place} offers a {adjective} {thing} in return for the {topic}.',
  'Before it is {deed}, the {thing} has to be {deed} and {adverb} {deed}.',
  'The customer in {place} is waiting for the {thing}; the {topic} bears the number {number}.',
  'Two of us {adverb} looked after the {adjective} {thing} while {name} was at the {topic}.',
  'Whoever finds the {adjective} {thing} may keep it, says {name}.',
  'The {thing} was {deed}, the {thing} was {deed}, and the {topic} could begin.',
  'With a {adjective} {thing} the {topic} would {adverb} have ended better.',
]

function list(words: string): readonly string[] {
  return words.trim().split(/\s+/)
}
