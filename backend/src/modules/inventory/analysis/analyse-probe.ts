import {
  MACHINE_PROBE_CONTRACT,
  MACHINE_PROBE_VERSION,
  probeWarnings,
  type MachineProbe,
  type ProbeHardware,
  type ProbeMetrics,
  type ProbeWarning,
} from '../contracts/machine-probe.v1';
import { parseCpu, parseCpuCount, type CpuFacts } from '../parsers/cpu';
import { parseFstabReadOnly } from '../parsers/file-systems';
import { parseMemory, type MemoryFacts } from '../parsers/memory';
import { parseKeyedTable, type Cell } from '../parsers/table';
import { diskWarnings } from './disk-warnings';
import { findFileSystems } from './file-system-list';
import { findFirmware, findPower, findTemperatures } from './firmware';
import { findGraphics, type Graphics } from './graphics';
import { hardwareWarnings } from './hardware-warnings';
import { findKind, findProfile, identifySystem, type KindVerdict, type SystemIdentity } from './identity';
import { chain, given, map, ReasonBook, type Measured } from './measured';
import { memoryWarnings } from './memory-warnings';
import { coresOf, findMetrics } from './metrics';
import { findNetwork } from './network';
import { SectionReader, type ProbeSections } from './probe-sections';
import { findDisks } from './storage';
import { findSystemState, systemWarnings, type ProbeTiming } from './system-state';
import { findVirtualization, type Virtualization } from './virtualization';
import { say } from '../inventory.sentences';

type Facts = ReadonlyMap<string, Cell>;

/** What several parts of the document are made from. */
interface Groundwork {
  readonly reader: SectionReader;
  readonly book: ReasonBook;
  readonly dmi: Measured<Facts>;
  readonly identity: SystemIdentity;
  readonly virtualization: Virtualization;
  readonly verdict: KindVerdict;
  readonly cpu: Measured<CpuFacts>;
  readonly cores: Measured<number>;
  readonly memory: Measured<MemoryFacts>;
}

function groundwork(sections: ProbeSections): Groundwork {
  const reader = new SectionReader(sections);
  const book = new ReasonBook();
  const kind = reader.read('kind_evidence', (text) => parseKeyedTable('kind_evidence', text));
  const dmi = reader.read('dmi', (text) => parseKeyedTable('dmi', text));
  const identity = identifySystem(reader, kind, book);
  const virtualization = findVirtualization(reader, kind, dmi);
  const cpu = reader.read('cpu', parseCpu);
  return {
    reader,
    book,
    dmi,
    identity,
    virtualization,
    verdict: findKind(virtualization, identity, kind, dmi),
    cpu,
    cores: coresOf(reader.read('cpu_count', parseCpuCount), cpu),
    memory: reader.read('meminfo', parseMemory),
  };
}

function hardwareOf(base: Groundwork, graphics: Graphics): ProbeHardware {
  const { reader, book, virtualization } = base;
  const inContainer = virtualization.nature === 'container';
  const model = chain(base.cpu, (cpu) => given(cpu.model, 'undetermined', cpu.modelReason ?? say.no_processor_name()));
  const isRaspberry = base.verdict.kind === 'raspberry_pi';
  const found = {
    cpu_model: book.take('hardware.cpu_model', model),
    cpu_cores: book.take('hardware.cpu_cores', base.cores),
    memory_bytes: book.take(
      'hardware.memory_bytes',
      map(base.memory, (memory) => memory.totalBytes),
    ),
    gpus: graphics.gpus,
    disks: findDisks(reader, inContainer, book),
    network: findNetwork(reader, book),
    firmware: findFirmware(reader, base.dmi, inContainer, book),
    drivers: graphics.drivers,
    temperatures: findTemperatures(reader, inContainer, book),
    power: findPower(reader, inContainer, isRaspberry, book),
  };
  return { ...found, warnings: hardwareWarnings(found) };
}

function metricsOf(base: Groundwork): ProbeMetrics {
  const { reader, book } = base;
  const fileSystems = findFileSystems(reader, book);
  const fstab = reader.read('fstab', parseFstabReadOnly);
  const found = findMetrics(reader, base.memory, base.cores, fileSystems, book);
  const inContainer = base.virtualization.nature === 'container';
  const memory = memoryWarnings(found, inContainer, fileSystems.mounts.value ?? []);
  return { ...found, warnings: [...diskWarnings(fileSystems, fstab.value ?? new Set()), ...memory] };
}

/** What is wrong with the answer itself. Asked last: only then is it known what could not be read. */
function answerWarnings(base: Groundwork): ProbeWarning[] {
  const warnings: ProbeWarning[] = base.reader.refusals().map(({ section, detail }) => ({
    code: 'section_unreadable',
    area: 'probe',
    severity: 'warning',
    message: say.answer_not_understood({ reason: detail }),
    subject: section,
    params: { detail },
  }));
  const lacking = base.reader.lacking().join(', ');
  if (lacking !== '') {
    const message = say.answer_incomplete({ sections: lacking });
    warnings.push({
      code: 'answer_incomplete',
      area: 'probe',
      severity: 'error',
      message,
      subject: null,
      params: { lacking },
    });
  }
  if (base.identity.debianFamily === false) {
    const id = base.identity.os.id ?? '';
    const message = say.not_debian_family({ system: id });
    warnings.push({
      code: 'not_debian_family',
      area: 'system',
      severity: 'error',
      message,
      subject: null,
      params: { id },
    });
  }
  return warnings;
}

function statusOf(parts: Pick<MachineProbe, 'hardware' | 'metrics' | 'system'>): MachineProbe['status'] {
  const worst = probeWarnings(parts)[0]?.severity;
  return worst === 'error' || worst === 'warning' ? worst : 'ok';
}

/**
 * Turns the answer of `machine-probe.sh` into the document that is stored. Never throws on what a machine said:
 * what is missing or not understood becomes null with its reason, and a warning where it matters.
 */
export function analyseProbe(sections: ProbeSections, timing: ProbeTiming): MachineProbe {
  const base = groundwork(sections);
  const { book, identity, reader, verdict, virtualization } = base;
  const graphics = findGraphics(reader, virtualization.nature === 'container', book);
  const hardware = hardwareOf(base, graphics);
  const metrics = metricsOf(base);
  const state = findSystemState(reader, timing, book);
  const system = { ...state, warnings: [...answerWarnings(base), ...systemWarnings(state)] };
  return {
    contract: MACHINE_PROBE_CONTRACT,
    schema_version: MACHINE_PROBE_VERSION,
    status: statusOf({ hardware, metrics, system }),
    complete: reader.lacking().length === 0,
    os_family: book.take('os_family', identity.family),
    os_version: book.take('os_version', identity.version),
    os_codename: book.take('os_codename', identity.codename),
    arch: book.take('arch', identity.arch),
    machine_kind: verdict.kind,
    virtualization: book.take('virtualization', virtualization.name),
    hardware_profile: book.take('hardware_profile', findProfile(verdict, virtualization, graphics.dedicatedGpu)),
    evidence: { machine_kind: verdict.evidence, virtualization: virtualization.evidence },
    os: identity.os,
    hardware,
    metrics,
    system,
    unmeasured: book.list(),
  };
}
