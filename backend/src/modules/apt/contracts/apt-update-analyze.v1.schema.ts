import type { Contract } from '../../../kernel/contracts/contract';
import { APT_ERROR_KINDS } from './apt-error-kinds';
import { APT_UPDATE_ANALYZE_CONTRACT } from './apt-update-analyze.v1';

type Schema = Record<string, unknown>;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const whole = { type: 'integer' } as const;
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' } as const;
const kind = { enum: [...APT_ERROR_KINDS] } as const;

const choice = (...values: string[]): Schema => ({ enum: values });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });

/** Every property is required and no other is allowed: a document of another shape is another version. */
const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

const planNames = ['upgrade', 'upgrade_with_new', 'dist_upgrade'];
const plan = choice(...planNames);
const leftBackReasons = [
  'held',
  'phased',
  'pinned',
  'needs_new_packages',
  'needs_removals',
  'not_installable',
  'unexplained',
];
const severity = choice('warning', 'error');
const status = choice('ok', 'warning', 'error');
const ageBasis = orNull(choice('refresh', 'list_file'));
const rebootAnswer = choice('needed', 'not_needed', 'cannot_tell');

const origin = object({
  uri: orNull(text),
  site: orNull(text),
  origin: orNull(text),
  label: orNull(text),
  archive: orNull(text),
  codename: orNull(text),
  component: orNull(text),
  security: flag,
});

const change = object({
  name: text,
  arch: text,
  operation: choice('upgrade', 'install', 'remove', 'downgrade'),
  from_version: orNull(text),
  to_version: orNull(text),
  origins: listOf(origin),
  security: orNull(flag),
  source: orNull(text),
  download_bytes: orNull(count),
  disk_bytes: orNull(whole),
  plans: { type: 'array', items: plan, minItems: 1, uniqueItems: true },
});

const planSummary = object({
  upgraded: count,
  installed: count,
  removed: count,
  downgraded: count,
  security: orNull(count),
  left_back: orNull(count),
  download_bytes: orNull(count),
  disk_bytes: orNull(whole),
});

const leftBack = object({
  name: text,
  arch: text,
  installed_version: text,
  available_version: text,
  origins: listOf(origin),
  security: orNull(flag),
  reason: choice(...leftBackReasons),
  detail: text,
  left_by: { type: 'array', items: plan, minItems: 1, uniqueItems: true },
  needs: listOf(text),
  phased_percent: orNull({ type: 'integer', minimum: 0, maximum: 100 }),
  available_priority: orNull(whole),
  installed_priority: orNull(whole),
  evidence: listOf(text),
});

const repository = object({
  uri: text,
  suite: text,
  result: choice('refreshed', 'unchanged', 'failed', 'not_reached', 'not_refreshed'),
  error_kind: orNull(kind),
  error_message: orNull(text),
  components: listOf(text),
  origin: orNull(text),
  label: orNull(text),
  archive: orNull(text),
  codename: orNull(text),
  security: orNull(flag),
  has_index: orNull(flag),
  release_date: orNull(time),
  valid_until: orNull(time),
  last_success_at: orNull(time),
  age_seconds: orNull(count),
  age_basis: ageBasis,
});

const refresh = object({
  outcome: choice('refreshed', 'partial', 'failed', 'lock_busy', 'timed_out', 'skipped', 'unknown'),
  refreshed: flag,
  proxy_mode: orNull(choice('system', 'none', 'custom')),
  attempts: orNull(count),
  duration_seconds: orNull(whole),
  lock_holder: orNull(object({ pid: orNull(whole), name: orNull(text) })),
});

const index = object({
  basis: choice('fresh', 'stale', 'incomplete', 'none', 'unknown'),
  age_seconds: orNull(count),
  age_basis: ageBasis,
  last_success_at: orNull(time),
});

const reboot = object({
  state: rebootAnswer,
  reasons: listOf(
    object({
      signal: choice(
        'flag_file',
        'kernel',
        'kernel_rebuilt',
        'needrestart_kernel',
        'needrestart_microcode',
        'init_libraries',
      ),
      verdict: choice('needed', 'not_needed', 'cannot_tell', 'not_applicable'),
      detail: text,
    }),
  ),
  running_kernel: orNull(text),
  expected_kernel: orNull(text),
  packages: listOf(text),
  container: orNull(flag),
  services: orNull(listOf(text)),
});

const kernel = object({
  release: text,
  flavour: text,
  package: orNull(text),
  package_version: orNull(text),
  image_bytes: orNull(count),
  initrd_bytes: orNull(count),
});

const dpkg = object({
  installed_count: orNull(count),
  broken: orNull(listOf(object({ name: text, arch: text, version: text, state: text }))),
  interrupted: orNull(flag),
  audit: orNull(listOf(text)),
});

const coManagement = object({
  unattended_upgrades: orNull(flag),
  busy: listOf(text),
  units: listOf(object({ unit: text, active: flag, active_state: orNull(text), enabled_state: orNull(text) })),
});

const fileSystem = object({
  path: text,
  mount: text,
  device: text,
  size_bytes: count,
  available_bytes: whole,
  used_percent: orNull(count),
  inodes: orNull(count),
  inodes_free: orNull(count),
});

const error = object({
  kind,
  severity,
  message: text,
  important_lines: { type: 'array', items: text, maxItems: 10 },
  remediation: text,
  subject: orNull(text),
});

const message = object({
  category: choice('error', 'warning', 'future_major_change', 'deprecation', 'security_notice', 'repository_notice'),
  severity: choice('info', 'warning', 'error'),
  code: text,
  package_name: orNull(text),
  component: orNull(text),
  message: text,
});

const counts = object({
  updates: orNull(count),
  security: orNull(count),
  left_back: orNull(count),
  left_back_by_reason: orNull(object(Object.fromEntries(leftBackReasons.map((reason) => [reason, count])))),
  autoremovable: orNull(count),
  held: orNull(count),
  broken: orNull(count),
});

const plans = object(Object.fromEntries(planNames.map((name) => [name, orNull(planSummary)])));

const head = {
  contract: { const: APT_UPDATE_ANALYZE_CONTRACT },
  schema_version: { const: 1 },
  status,
  complete: flag,
  measured_at: time,
};

/** `apt_update_analyze`: what one analysis measured. */
export const APT_UPDATE_ANALYZE: Contract = {
  name: APT_UPDATE_ANALYZE_CONTRACT,
  title: 'What one analysis of the apt state of a machine measured',
  description:
    'Repositories, the three plans with each change, what is left back and why, reboot, kernels, dpkg, space, errors. A ' +
    'null is "not measured"; an empty list was measured. Sizes are in bytes, times UTC.',
  columns: ['snapshots.payload_json'],
  versions: {
    1: {
      body: object({
        ...head,
        apt_version: orNull(text),
        architecture: orNull(text),
        foreign_architectures: orNull(listOf(text)),
        refresh,
        index,
        repositories: orNull(listOf(repository)),
        counts,
        plans,
        changes: orNull(listOf(change)),
        left_back: orNull(listOf(leftBack)),
        autoremovable: orNull(listOf(object({ name: text, arch: text, version: text }))),
        holds: orNull(listOf(text)),
        reboot,
        kernels: orNull(listOf(kernel)),
        dpkg,
        co_management: orNull(coManagement),
        file_systems: orNull(listOf(fileSystem)),
        errors: listOf(error),
        messages: listOf(message),
      }),
    },
  },
};

/** `apt_update_analyze.important`: the same, reduced. */
export const APT_UPDATE_ANALYZE_IMPORTANT: Contract = {
  name: `${APT_UPDATE_ANALYZE_CONTRACT}.important`,
  title: 'The important part of an apt analysis',
  description: 'What tiles, reports and agents need of an analysis: counts, security, reasons, reboot, failures.',
  columns: ['snapshots.important_json'],
  versions: {
    1: {
      body: object({
        ...head,
        refreshed: flag,
        index,
        counts,
        plans,
        security: orNull(listOf(object({ name: text, from_version: orNull(text), to_version: text }))),
        left_back: orNull(
          listOf(object({ name: text, reason: choice(...leftBackReasons), detail: text, security: orNull(flag) })),
        ),
        removals: orNull(listOf(text)),
        reboot: object({ state: rebootAnswer, details: listOf(text), packages: listOf(text) }),
        failed_repositories: orNull(listOf(object({ uri: text, suite: text, error_kind: orNull(kind) }))),
        errors: listOf(object({ kind, severity, message: text, subject: orNull(text) })),
      }),
    },
  },
};

/** `apt_error_lines`. */
export const APT_ERROR_LINES: Contract = {
  name: 'apt_error_lines',
  title: 'The lines that an error of apt is known by',
  description: 'Lines as the machine printed them, secrets masked, at most 10.',
  columns: ['apt_errors.important_lines_json'],
  versions: {
    1: { body: object({ schema_version: { const: 1 }, lines: { type: 'array', items: text, maxItems: 10 } }) },
  },
  unversioned: (lines) => ({ lines }),
};
