import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { Keyring } from '../../../kernel/secrets/keyring';
import { planDigest } from '../contracts/action-plan';
import { targetsDigest } from './several-machines';

interface FrozenRequest {
  readonly id: string;
  readonly action: string;
  readonly machine_id: string | null;
  readonly requested_by_type: string;
  readonly requested_by_id: string | null;
  readonly requested_by_name: string | null;
  readonly answerable_ids: readonly string[] | null;
  readonly risk: string | null;
  readonly summary: string | null;
  readonly payload_json: unknown;
  readonly approval_json: unknown;
  readonly plan_digest: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly seal: string | null;
  readonly approved_at: Date | null;
  readonly approved_by: string | null;
  readonly decided_by_id: string | null;
  readonly decision_session_id: string | null;
}

interface FrozenTarget {
  readonly machine_id: string;
  readonly status: string;
  readonly plan_digest: string | null;
  readonly plan_json: unknown;
  readonly seal: string | null;
  readonly job_id: string | null;
  readonly decision_seal: string | null;
}

const REQUEST_PURPOSE = 'action_requests';
const TARGET_PURPOSE = 'action_request_targets';
const DECISION_PURPOSE = 'action_request_targets decision';

/**
 * What was asked for stays what was asked for, and approved is only what was approved here: both are signed with a key that
 * is not in the database. Whoever edits a request there, before or after it was decided, or writes a decision, breaks its
 * seal or has none, and nothing is carried out.
 */
@Injectable()
export class RequestSeals {
  constructor(private readonly keyring: Keyring) {}

  /** Seals a request as it stands in `tx`: itself, and each target that waits with its plan. */
  async seal(tx: Transaction, requestId: string): Promise<void> {
    const request = await frozenRequest(tx, requestId);
    const targets = (await frozenTargets(tx, requestId)).filter(({ status }) => status === 'pending');
    const sealed = targets.map((target) => ({
      ...target,
      seal: this.keyring.sign(TARGET_PURPOSE, targetText(request, target)),
    }));
    for (const { machine_id, seal } of sealed) {
      await affected(tx.manager, SEAL_TARGET, [requestId, machine_id, seal]);
    }
    const seal = this.keyring.sign(REQUEST_PURPOSE, requestText(request, sealed));
    await affected(tx.manager, 'UPDATE action_requests SET seal = $2 WHERE id = $1', [requestId, seal]);
  }

  /** Seals an approval as it stands in `tx`: who decided, and which job carries it out on each machine. */
  async sealDecision(tx: Transaction, requestId: string): Promise<void> {
    const request = await frozenRequest(tx, requestId);
    const queued = (await frozenTargets(tx, requestId)).filter(({ job_id }) => job_id !== null);
    for (const target of queued) {
      const seal = this.keyring.sign(DECISION_PURPOSE, decisionText(request, target));
      await affected(tx.manager, SEAL_DECISION, [requestId, target.machine_id, seal]);
    }
  }

  /** Whether the request and all of its targets are what was asked for, digests recomputed. */
  async intact(tx: Transaction, requestId: string): Promise<boolean> {
    const request = await frozenRequest(tx, requestId);
    const targets = await frozenTargets(tx, requestId);
    const sealed = targets.filter(({ seal }) => seal !== null);
    // A target that was added afterwards waits too.
    if (targets.some(({ seal, status }) => seal === null && status === 'pending')) return false;
    return (
      sealed.length > 0 &&
      wholeDigest(request, sealed) === request.plan_digest &&
      this.keyring.verify(REQUEST_PURPOSE, requestText(request, sealed), request.seal ?? '') &&
      sealed.every((target) => this.targetIntact(request, target))
    );
  }

  /**
   * The same of one target alone, and that it was approved for the job that it names: of the others a machine may have been
   * purged since.
   */
  async approvedFor(tx: Transaction, requestId: string, machineId: string): Promise<boolean> {
    const request = await frozenRequest(tx, requestId);
    const [target] = await frozenTargets(tx, requestId, machineId);
    return (
      target !== undefined &&
      this.targetIntact(request, target) &&
      this.keyring.verify(DECISION_PURPOSE, decisionText(request, target), target.decision_seal ?? '')
    );
  }

  private targetIntact(request: FrozenRequest, target: FrozenTarget): boolean {
    return (
      linesDigest(target.plan_json) === target.plan_digest &&
      this.keyring.verify(TARGET_PURPOSE, targetText(request, target), target.seal ?? '')
    );
  }
}

/** What was confirmed of the request: the plan of its machine, or those of all of them. */
function wholeDigest({ machine_id }: FrozenRequest, targets: readonly FrozenTarget[]): string | null {
  if (machine_id !== null) return targets[0]?.plan_digest ?? null;
  return targetsDigest(
    targets.map((target) => ({ machineId: target.machine_id, planDigest: target.plan_digest ?? '' })),
  );
}

/** The digest that the stored lines have now; null when there are no such lines. */
function linesDigest(plan: unknown): string | null {
  const lines: unknown = typeof plan === 'object' && plan !== null ? (plan as Record<string, unknown>)['lines'] : null;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return null;
  return planDigest(lines);
}

/** What comes after the asking: the seal itself, and the decision. */
const LATER = {
  seal: undefined,
  approved_at: undefined,
  approved_by: undefined,
  decided_by_id: undefined,
  decision_session_id: undefined,
};

function requestText(request: FrozenRequest, targets: readonly FrozenTarget[]): string {
  // Left out where nobody is named: so it was before there were such people, and seals of then hold.
  const asked = { ...request, answerable_ids: request.answerable_ids ?? undefined, ...LATER };
  return canonicalJson([asked, targets.map(({ machine_id, plan_digest, seal }) => [machine_id, plan_digest, seal])]);
}

function targetText(
  { id, action, payload_json, plan_digest: whole }: FrozenRequest,
  { machine_id, plan_digest, plan_json }: FrozenTarget,
): string {
  return canonicalJson({ id, action, payload_json, whole, machine_id, plan_digest, plan_json });
}

function decisionText(request: FrozenRequest, { machine_id, job_id, seal }: FrozenTarget): string {
  const { id, approved_at, approved_by, decided_by_id, decision_session_id } = request;
  return canonicalJson({ id, approved_at, approved_by, decided_by_id, decision_session_id, machine_id, job_id, seal });
}

async function frozenRequest(tx: Transaction, requestId: string): Promise<FrozenRequest> {
  const request = await queryOne<FrozenRequest>(tx.manager, FROZEN_REQUEST, [requestId]);
  if (request === null) throw new Error(`The request ${requestId} is gone.`);
  return request;
}

function frozenTargets(tx: Transaction, requestId: string, machineId: string | null = null): Promise<FrozenTarget[]> {
  return queryRows<FrozenTarget>(tx.manager, FROZEN_TARGETS, [requestId, machineId]);
}

const FROZEN_REQUEST = `
  SELECT id, action, machine_id, requested_by_type, requested_by_id, requested_by_name, answerable_ids, risk, summary, payload_json,
    approval_json, plan_digest, created_at, expires_at, seal, approved_at, approved_by, decided_by_id, decision_session_id
  FROM action_requests WHERE id = $1`;

const FROZEN_TARGETS = `
  SELECT machine_id, status, plan_digest, plan_json, seal, job_id, decision_seal FROM action_request_targets
  WHERE request_id = $1 AND ($2::uuid IS NULL OR machine_id = $2) ORDER BY machine_id`;

const SEAL_TARGET = 'UPDATE action_request_targets SET seal = $3 WHERE request_id = $1 AND machine_id = $2';

const SEAL_DECISION = 'UPDATE action_request_targets SET decision_seal = $3 WHERE request_id = $1 AND machine_id = $2';
