import { describe } from 'vitest'
import { CostPool } from '../../src/pool/cost-pool.ts'
import { describePoolContract } from './contract.ts'

describe('CostPool', () => {
  describePoolContract((random) => new CostPool({}, random))
})
