import { ApiProperty } from '@nestjs/swagger';
import { CredentialsSummaryDto } from '../../credentials/dto/credentials.dto';
import { HostKeyDto, MachineRefDto } from '../../credentials/dto/host-key.dto';
import { APT_PROXY_MODES, type AptProxyMode } from '../entities/machines.values';
import { MachineTileDto } from './machine-tile.dto';

export class AptProxyDto {
  @ApiProperty({ enum: APT_PROXY_MODES, enumName: 'AptProxyMode' })
  mode: AptProxyMode;
  url: string | null;
  hasPassword: boolean;
}

export class MachineDetailDto extends MachineTileDto {
  /** Account to sign in with. */
  username: string;
  @ApiProperty({ type: () => AptProxyDto })
  aptProxy: AptProxyDto;
  @ApiProperty({ type: () => CredentialsSummaryDto })
  credentials: CredentialsSummaryDto;
  @ApiProperty({ type: () => [HostKeyDto] })
  hostKeys: HostKeyDto[];
  /** Other machines that show the same host key: cloned disks, or one machine entered twice. */
  @ApiProperty({ type: () => [MachineRefDto] })
  duplicateHostKeyMachines: MachineRefDto[];
}
