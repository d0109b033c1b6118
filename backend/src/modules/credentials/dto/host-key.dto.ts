import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import { HOST_KEY_STATUSES, type HostKeyStatus } from '../entities/credentials.values';

/** Another machine, by name. */
export class MachineRefDto {
  id: string;
  name: string;
}

/** A host key that a machine has shown. */
export class HostKeyDto {
  id: string;
  /** `ssh-ed25519`, `ssh-rsa` … */
  keyType: string;
  /** `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it. */
  fingerprintSha256: string;
  @ApiProperty({ enum: HOST_KEY_STATUSES, enumName: 'HostKeyStatus' })
  status: HostKeyStatus;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** Name of the person who approved it. */
  approvedBy: string | null;
  /** A warning, in the answer to an approval: other machines that have shown the same key. */
  @ApiProperty({ type: () => [MachineRefDto], required: false })
  alsoOn?: MachineRefDto[];
}

export class ApproveHostKeyDto {
  /** The fingerprint that was compared; it must be the one of the key. */
  @IsString()
  @Matches(/^SHA256:[A-Za-z0-9+/]{43}$/, { message: 'fingerprintSha256 must look like SHA256: and 43 characters' })
  fingerprintSha256: string;
}
