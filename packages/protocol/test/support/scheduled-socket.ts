/** A scheduler of frames on a socket that is full when a test says so. */
import { FrameScheduler } from '../../src/frame-scheduler.ts'
import { FakeSocket, turn } from './fake-socket.ts'
import type { FrameText } from './frame-text.ts'

export class ScheduledSocket {
  readonly socket: FakeSocket = new FakeSocket()
  readonly scheduler: FrameScheduler

  /** `onTurn` is called before the frames of each turn. */
  constructor(onTurn: () => void = () => undefined) {
    this.scheduler = new FrameScheduler(this.socket, false, {
      onTurn,
      onMistake: (error) => {
        throw error
      },
    })
  }

  /** Lets all turns happen. Returns what they have written. */
  async frames(): Promise<FrameText[]> {
    for (let i = 0; i < 40; i++) await turn()
    return this.socket.takeFrames()
  }

  /** The socket accepts no more, until {@link unblock}. */
  async block(): Promise<void> {
    this.socket.isFull = true
    this.scheduler.writer.addEmpty(10)
    this.scheduler.schedule()
    await this.frames()
  }

  unblock(): Promise<FrameText[]> {
    this.socket.drain()
    this.scheduler.drained()
    return this.frames()
  }
}
