import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { permissions } from '../../../kernel/auth/permissions';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { DomainError, invalidInput, notFound } from '../../../kernel/errors/domain-error';
import {
  parameterSchema,
  parametersContract,
  parametersName,
  type JobParametersDocument,
} from '../contracts/job-parameters';
import { LOCK_KINDS } from '../entities/jobs.values';
import { schemaProblem } from '../../../kernel/errors/schema-problem';
import { PlanRecorder } from '../requests/plan-recorder';
import type { ChangeAction, ChangeDeclaration } from './change-action';
import { JOB_ACTION, type ReadAction, type ReadDeclaration } from './job-action';
import { PlanAction } from './plan-action';

/** The steps that every job has, around those of its action. */
export const CONNECT_STEP = 'connect';
export const STORE_STEP = 'store';

export type AnyAction = ReadAction<object> | ChangeAction<object>;
export type AnyDeclaration = ReadDeclaration | ChangeDeclaration;

interface Registered {
  readonly action: AnyAction;
  readonly validate: ValidateFunction;
}

/**
 * All actions of the application, found by their decorator, and for each that changes a machine the reading one that makes
 * its plan. A wrong declaration keeps the application from starting.
 */
@Injectable()
export class ActionRegistry implements OnModuleInit {
  private readonly actions = new Map<string, Registered>();
  private readonly ajv = new Ajv2020({ useDefaults: true, strict: true, allErrors: true });

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly contracts: Contracts,
    private readonly plans: PlanRecorder,
  ) {}

  onModuleInit(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || Reflect.getMetadata(JOB_ACTION, metatype) !== true) continue;
      this.register(instance as AnyAction);
    }
  }

  /** @throws Error when the declaration cannot stand */
  register(action: AnyAction): void {
    if (isChange(action)) this.register(new PlanAction(action, this.plans));
    const { declaration } = action;
    const problems = declarationProblems(declaration);
    const awaitedStep = isChange(action) ? action.aftermath?.step : undefined;
    if (awaitedStep !== undefined && declaration.steps.at(-1)?.name !== awaitedStep)
      problems.push(`its last step must be ${awaitedStep}, in which its effect is awaited`);
    if (this.actions.has(declaration.name)) problems.push('another action has the same name');
    if (problems.length > 0)
      throw new Error(`The action ${declaration.name} is declared wrongly: ${problems.join('; ')}.`);
    this.contracts.register(parametersContract(declaration));
    this.actions.set(declaration.name, { action, validate: this.ajv.compile(parameterSchema(declaration)) });
  }

  declarations(): AnyDeclaration[] {
    return [...this.actions.values()].map(({ action }) => action.declaration);
  }

  /** @throws DomainError 404 `unknown_action` */
  require(name: string): AnyAction {
    return this.registered(name).action;
  }

  find(name: string): AnyAction | undefined {
    return this.actions.get(name)?.action;
  }

  findRead(name: string): ReadAction<object> | undefined {
    const action = this.find(name);
    return action === undefined || isChange(action) ? undefined : action;
  }

  findChange(name: string): ChangeAction<object> | undefined {
    const action = this.find(name);
    return action !== undefined && isChange(action) ? action : undefined;
  }

  /** Codes of every consequence that a plan may name. */
  consequences(): ReadonlySet<string> {
    return new Set(this.declarations().flatMap((one) => (one.kind === 'change' ? one.consequences : [])));
  }

  /** What people read for an action's name; the name itself when no such action exists any more. */
  title(name: string): string {
    return this.find(name)?.declaration.title ?? name;
  }

  /**
   * The parameters with defaults filled in.
   * @throws DomainError 400 `invalid_input` that names the fields
   */
  validParameters(name: string, given: object): Record<string, unknown> {
    const { validate } = this.registered(name);
    const parameters: Record<string, unknown> = { ...structuredClone(given) };
    if (validate(parameters)) return parameters;
    throw invalidInput(
      (validate.errors ?? []).map((error) => {
        const { instancePath, params } = error;
        const extra: unknown = (params as Record<string, unknown>)['additionalProperty'];
        const path = [...instancePath.split('/').slice(1), ...(typeof extra === 'string' ? [extra] : [])];
        return { field: ['parameters', ...path].join('.'), message: schemaProblem(error) };
      }),
    );
  }

  /**
   * The same of what somebody asks with at this moment: what time alone makes wrong, such as a day that has passed, is refused
   * here and nowhere later.
   * @throws DomainError 400 `invalid_input` that names the fields
   */
  askedParameters(name: string, given: object, now = new Date()): Record<string, unknown> {
    const parameters = this.validParameters(name, given);
    const faults = this.require(name).declaration.refuses?.(parameters, now) ?? [];
    if (faults.length === 0) return parameters;
    throw invalidInput(faults.map(({ field, message }) => ({ field: `parameters.${field}`, message })));
  }

  /** The same, as a job keeps them. */
  parametersDocument(name: string, given: object): JsonDocument {
    return this.contracts.document(parametersName(name), { parameters: this.validParameters(name, given) });
  }

  /** What a job was queued with, in the action's current form; null when this program cannot read it. */
  storedParameters(name: string, stored: unknown): Record<string, unknown> | null {
    const reading = this.contracts.read<JobParametersDocument>(parametersName(name), stored ?? {});
    return reading.readable ? reading.document.parameters : null;
  }

  private registered(name: string): Registered {
    const registered = this.actions.get(name);
    if (registered === undefined) throw unknownAction();
    return registered;
  }
}

export function isChange(action: AnyAction): action is ChangeAction<object> {
  return action.declaration.kind === 'change';
}

function unknownAction(): DomainError {
  return notFound('action', 'unknown_action');
}

function declarationProblems(declaration: AnyDeclaration): string[] {
  const { name, permission, lockKind, steps } = declaration;
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9_]{2,63}$/.test(name)) problems.push('its name must be snake_case');
  if (!permissions.includes(permission)) problems.push(`there is no permission ${permission}`);
  if (!LOCK_KINDS.includes(lockKind)) problems.push(`there is no lock kind ${lockKind}`);
  for (const [what, value] of Object.entries(numbersOf(declaration))) {
    if (!Number.isInteger(value) || value < 1) problems.push(`${what} must be a whole number above 0`);
  }
  const names = [CONNECT_STEP, ...steps.map((step) => step.name), STORE_STEP];
  const doubled = names.filter((step, index) => names.indexOf(step) !== index);
  if (doubled.length > 0) problems.push(`the step ${doubled.join(', ')} stands twice`);
  const wrong = steps.filter((step) => !/^[a-z][a-z0-9_]*$/.test(step.name));
  if (wrong.length > 0) problems.push(`the step ${wrong.map((step) => step.name).join(', ')} must be snake_case`);
  if (declaration.kind === 'change' && steps.length === 0) problems.push('a change must have a step');
  if (parameterSchema(declaration)['type'] !== 'object') problems.push('its parameters must be an object');
  return problems;
}

function numbersOf(declaration: AnyDeclaration): Record<string, number> {
  const { timeoutSeconds, estimateSeconds } = declaration;
  return declaration.kind === 'read'
    ? { timeoutSeconds, estimateSeconds, maxAttempts: declaration.maxAttempts }
    : { timeoutSeconds, estimateSeconds, validForSeconds: declaration.validForSeconds };
}
