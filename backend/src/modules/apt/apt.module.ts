import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { ErrorRisks } from '../history/reports/error-risks';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { SettingsModule } from '../settings/settings.module';
import { AptAutoremoveAction } from './actions/apt-autoremove.action';
import { AptDownloadAction } from './actions/apt-download.action';
import { AptHoldAction, AptUnholdAction } from './actions/apt-marks.action';
import { AptRepairAction } from './actions/apt-repair.action';
import { AptUpdateAnalyzeAction } from './actions/apt-update-analyze.action';
import { AptUpgradeAction } from './actions/apt-upgrade.action';
import { FetchProxy } from './actions/fetch-proxy';
import { AptHolds } from './apt-holds';
import { FailedRuns } from './failed-runs';
import { AptRunRecorder } from './apt-run-recorder';
import { BootVerdicts } from './reboot/boot-verdicts';
import { RebootAction } from './actions/reboot.action';
import { ServiceRestartAction } from './actions/service-restart.action';
import { AptController } from './apt.controller';
import { AptRepository } from './apt.repository';
import {
  APT_AUTOREMOVE_PLAN,
  APT_AUTOREMOVE_RESULT,
  APT_AUTOREMOVE_RESULT_IMPORTANT,
} from './contracts/apt-autoremove.v3';
import { APT_MARKS_CONTRACTS } from './contracts/apt-marks.v1';
import { APT_REPAIR_PLAN, APT_REPAIR_RESULT, APT_REPAIR_RESULT_IMPORTANT } from './contracts/apt-repair.v4';
import {
  APT_ERROR_LINES,
  APT_UPDATE_ANALYZE,
  APT_UPDATE_ANALYZE_IMPORTANT,
} from './contracts/apt-update-analyze.v1.schema';
import { isAptErrorKind, riskOf } from './contracts/apt-error-kinds';
import { APT_EVENTS } from './contracts/apt-events';
import {
  APT_EXTERNAL_CHANGE_RESULT,
  APT_EXTERNAL_CHANGE_RESULT_IMPORTANT,
} from './contracts/apt-external-change-result.v1';
import { APT_UPGRADE_PLAN } from './contracts/apt-upgrade-plan.v2';
import { APT_UPGRADE_RESULT, APT_UPGRADE_RESULT_IMPORTANT } from './contracts/apt-upgrade-result.v5';
import { ErrorKindsController } from './error-kinds.controller';
import { ExternalChanges } from './external/external-changes.store';
import { PackageChangesController } from './package-changes.controller';
import { PackageChangesReader } from './package-changes.reader';
import { isMachineErrorKind, machineRiskOf } from './contracts/machine-error-kinds';
import { REBOOT_PLAN } from './contracts/reboot-plan.v1';
import { REBOOT_RESULT, REBOOT_RESULT_IMPORTANT } from './contracts/reboot-result.v1';
import {
  SERVICE_RESTART_PLAN,
  SERVICE_RESTART_RESULT,
  SERVICE_RESTART_RESULT_IMPORTANT,
} from './contracts/service-restart.v1';
import { Attempts } from './remedies/attempts';
import { Looks } from './remedies/looks';
import { Settlements } from './remedies/settlements';
import { PlannedPackagesRetention } from './retention';

@Module({
  imports: [MachinesModule, HistoryModule, JobsModule, SettingsModule],
  controllers: [AptController, ErrorKindsController, PackageChangesController],
  providers: [
    AptUpdateAnalyzeAction,
    AptUpgradeAction,
    AptDownloadAction,
    AptHoldAction,
    AptUnholdAction,
    AptRepairAction,
    AptAutoremoveAction,
    RebootAction,
    ServiceRestartAction,
    FetchProxy,
    AptRunRecorder,
    BootVerdicts,
    AptRepository,
    AptHolds,
    Attempts,
    Looks,
    Settlements,
    FailedRuns,
    ExternalChanges,
    PackageChangesReader,
    PlannedPackagesRetention,
  ],
})
export class AptModule implements OnModuleInit {
  constructor(
    private readonly contracts: Contracts,
    private readonly risks: ErrorRisks,
  ) {}

  onModuleInit(): void {
    this.risks.register((kind) => (isAptErrorKind(kind) ? riskOf(kind) : null));
    this.risks.register((kind) => (isMachineErrorKind(kind) ? machineRiskOf(kind) : null));
    this.contracts.register(APT_UPDATE_ANALYZE, APT_UPDATE_ANALYZE_IMPORTANT, APT_ERROR_LINES);
    this.contracts.register(APT_EXTERNAL_CHANGE_RESULT, APT_EXTERNAL_CHANGE_RESULT_IMPORTANT, ...APT_EVENTS);
    this.contracts.register(APT_UPGRADE_PLAN, APT_UPGRADE_RESULT, APT_UPGRADE_RESULT_IMPORTANT);
    this.contracts.register(...APT_MARKS_CONTRACTS);
    this.contracts.register(APT_REPAIR_PLAN, APT_REPAIR_RESULT, APT_REPAIR_RESULT_IMPORTANT);
    this.contracts.register(APT_AUTOREMOVE_PLAN, APT_AUTOREMOVE_RESULT, APT_AUTOREMOVE_RESULT_IMPORTANT);
    this.contracts.register(REBOOT_PLAN, REBOOT_RESULT, REBOOT_RESULT_IMPORTANT);
    this.contracts.register(SERVICE_RESTART_PLAN, SERVICE_RESTART_RESULT, SERVICE_RESTART_RESULT_IMPORTANT);
  }
}
