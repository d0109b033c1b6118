import { execFileSync } from 'node:child_process';
import { FLEET_COMMAND, fleet, type RealMachine } from './real-machines';

const PID_FILE = '/run/sshd-network.pid';

/**
 * A network of its own for one machine of the fleet: a second sshd of the machine answers in a network namespace, at the far
 * end of a pair of virtual interfaces. Packets between the two ends can be made to vanish, both ways, as they do on a dead
 * link: nobody is told. Addresses are of the range for benchmarks (198.18.0.0/15). What a session there starts by itself
 * has no other network; what it lets a service manager start has the machine's.
 */
export class MachineNetwork {
  readonly address: string;
  private readonly namespace: string;
  private readonly near: string;
  private readonly gateway: string;

  private constructor(private readonly machine: RealMachine) {
    const [, , net = '0', host = '0'] = machine.address.split('.');
    const base = Number(host) * 4;
    this.gateway = `198.18.${net}.${String(base + 1)}`;
    this.address = `198.18.${net}.${String(base + 2)}`;
    this.namespace = `su-${net}-${host}`;
    this.near = `${this.namespace}-a`;
  }

  static open(machine: RealMachine): MachineNetwork {
    const network = new MachineNetwork(machine);
    // What a test that was killed has left.
    network.close();
    network.build();
    network.listen();
    return network;
  }

  /** The machine as it is reached through here. */
  get reached(): RealMachine {
    return { ...this.machine, address: this.address, port: 22 };
  }

  /** From now on no packet arrives at either end. */
  dropPackets(): void {
    for (const [device, within] of this.ends()) {
      const table = ['netdev', this.namespace];
      const chain = `{ type filter hook ingress device ${device} priority 0; policy accept; }`;
      run(...within, 'nft', 'add', 'table', ...table);
      run(...within, 'nft', 'add', 'chain', ...table, 'arriving', chain);
      run(...within, 'nft', 'add', 'rule', ...table, 'arriving', 'meta', 'protocol', 'ip', 'counter', 'drop');
    }
  }

  /** How many packets have vanished since: before they came to this box, and before they came to the machine. */
  vanished(): { readonly here: number; readonly there: number } {
    const [here = 0, there = 0] = this.ends().map(([, within]) => {
      const rules = run(...within, 'nft', 'list', 'table', 'netdev', this.namespace);
      return Number(/counter packets (\d+)/.exec(rules)?.[1]);
    });
    return { here, there };
  }

  /** Whatever is sent from now on arrives. */
  passPackets(): void {
    for (const [, within] of this.ends()) run(...within, 'nft', 'delete', 'table', 'netdev', this.namespace);
  }

  /** Nothing of it stays, whatever state it is in. */
  close(): void {
    fleet('exec', this.machine.name, 'sh', '-c', `if [ -e ${PID_FILE} ]; then kill "$(cat ${PID_FILE})"; fi`);
    if (run('ip', '-br', 'link').includes(`${this.near}@`)) run('ip', 'link', 'delete', this.near);
    if (run('nft', 'list', 'tables', 'netdev').includes(this.namespace))
      run('nft', 'delete', 'table', 'netdev', this.namespace);
    if (run('ip', 'netns').split(/\s/).includes(this.namespace)) run('ip', 'netns', 'delete', this.namespace);
  }

  private build(): void {
    const far = ['ip', '-n', this.namespace];
    run('ip', 'netns', 'add', this.namespace);
    run('ip', 'link', 'add', this.near, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespace);
    run('ip', 'address', 'add', `${this.gateway}/30`, 'dev', this.near);
    run('ip', 'link', 'set', this.near, 'up');
    run(...far, 'address', 'add', `${this.address}/30`, 'dev', 'eth0');
    run(...far, 'link', 'set', 'eth0', 'up');
    run(...far, 'link', 'set', 'lo', 'up');
  }

  /** Goes to the background once it listens. */
  private listen(): void {
    const options = ['-o', `ListenAddress=${this.address}`, '-o', `PidFile=${PID_FILE}`];
    const within = `--net=/run/netns/${this.namespace}`;
    run('nsenter', within, FLEET_COMMAND, 'exec', this.machine.name, '/usr/sbin/sshd', ...options);
  }

  /** The interface of each end, and what goes ahead of a command there: this box, then the machine. */
  private ends(): readonly (readonly [device: string, within: readonly string[]])[] {
    return [
      [this.near, []],
      ['eth0', ['ip', 'netns', 'exec', this.namespace]],
    ];
  }
}

function run(...[command = '', ...words]: readonly string[]): string {
  return execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
