import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { saidIn } from '../../kernel/sentences/said';
import type { Sentence } from '../../kernel/sentences/sentences';
import { ActionRegistry } from '../jobs/actions/action-registry';
import { APT_ERROR_KINDS, remediationOf, riskOf } from './contracts/apt-error-kinds';
import { MACHINE_ERROR_KINDS, machineRemedyOf, machineRiskOf } from './contracts/machine-error-kinds';
import { ErrorKindDto } from './dto/error-kinds.dto';
import { machineVerifierOf } from './remedies/machine-verdicts';
import { verificationOf, type VerifyingAction } from './remedies/verification';

@ApiTags('apt')
@Controller('error-kinds')
export class ErrorKindsController {
  constructor(private readonly registry: ActionRegistry) {}

  /** Every class of error of apt and dpkg, of connecting, of a run and of a restart: what to do about it, what is better left alone, what mends it, and what tells that it is gone. */
  @Get()
  @RequirePermission('machines.read')
  list(): ErrorKindDto[] {
    const actions = this.registry.declarations();
    const ofApt = APT_ERROR_KINDS.map((kind) => {
      const mends = actions.find((one) => one.remedies?.includes(kind));
      return toDto(
        kind,
        { remedy: remediationOf(kind), risk: riskOf(kind) },
        verificationOf(kind, 'plan').action,
        mends,
      );
    });
    const ofMachines = MACHINE_ERROR_KINDS.map((kind) =>
      toDto(kind, { remedy: machineRemedyOf(kind), risk: machineRiskOf(kind) }, machineVerifierOf(kind)),
    );
    return [...ofApt, ...ofMachines];
  }
}

function toDto(
  kind: string,
  said: { readonly remedy: Sentence; readonly risk: Sentence | null },
  verifiedBy: VerifyingAction,
  mends?: { readonly name: string; readonly kind: 'read' | 'change' },
): ErrorKindDto {
  const action = { action: mends?.name ?? null, actionKind: mends?.kind ?? null };
  return { kind, ...said, ...action, verifiedBy, said: saidIn(said, ['remedy', 'risk']) };
}
