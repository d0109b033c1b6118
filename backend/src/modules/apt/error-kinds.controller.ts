import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { saidIn } from '../../kernel/sentences/said';
import { ActionRegistry } from '../jobs/actions/action-registry';
import { APT_ERROR_KINDS, remediationOf, riskOf } from './contracts/apt-error-kinds';
import { ErrorKindDto } from './dto/error-kinds.dto';
import { verificationOf } from './remedies/verification';

@ApiTags('apt')
@Controller('error-kinds')
export class ErrorKindsController {
  constructor(private readonly registry: ActionRegistry) {}

  /** Every class of error of apt and dpkg: what to do about it, what is better left alone, what mends it, and what tells that it is gone. */
  @Get()
  @RequirePermission('machines.read')
  list(): ErrorKindDto[] {
    const actions = this.registry.declarations();
    return APT_ERROR_KINDS.map((kind) => {
      const said = { remedy: remediationOf(kind), risk: riskOf(kind) };
      const mends = actions.find((one) => one.remedies?.includes(kind));
      return {
        kind,
        ...said,
        action: mends?.name ?? null,
        actionKind: mends?.kind ?? null,
        verifiedBy: verificationOf(kind, 'look').action,
        said: saidIn(said, ['remedy', 'risk']),
      };
    });
  }
}
