import { isOwnMachine } from './own-machine';

const OURS = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const told = (id: string): string => `address=10.0.0.1\nmachine_id=${id}\n`;

describe('whether this program runs on the machine', () => {
  it.each([
    ['yes: one of its processes does', told(OURS), [OTHER, OURS], true, true],
    ['yes, whatever is not known of others', told(OURS), [OURS], false, true],
    ['no: all its processes know where they run', told(OTHER), [OURS], true, false],
    ['not known while one of them does not know', told(OTHER), [OURS], false, null],
    ['not known of a machine that has no id', 'address=10.0.0.1\n', [OURS], true, null],
  ])('%s', (_name, said, machineIds, complete, verdict) => {
    expect(isOwnMachine(said, { machineIds: new Set(machineIds), complete })).toBe(verdict);
  });
});
