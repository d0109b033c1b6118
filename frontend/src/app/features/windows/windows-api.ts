import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  maintenanceGet,
  windowsChange,
  windowsCreate,
  windowsList,
  windowsPreview,
  windowsRemove,
} from '../../api/functions';
import type { MachineMaintenanceDto, OpeningDto, PreviewWindowDto, SaveWindowDto, WindowDto } from '../../api/models';

/** The part of the API that is about when changes may begin. */
@Injectable({ providedIn: 'root' })
export class WindowsApi {
  private readonly api = inject(Api);

  list(): Promise<WindowDto[]> {
    return this.api.invoke(windowsList);
  }

  create(body: SaveWindowDto): Promise<WindowDto> {
    return this.api.invoke(windowsCreate, { body });
  }

  /** @param seen `updatedAt` of the window as it was on the screen */
  change(id: string, window: SaveWindowDto, seen: string): Promise<WindowDto> {
    return this.api.invoke(windowsChange, { id, body: { ...window, seen } });
  }

  remove({ id, updatedAt }: WindowDto): Promise<void> {
    return this.api.invoke(windowsRemove, { id, seen: updatedAt });
  }

  preview(body: PreviewWindowDto): Promise<OpeningDto[]> {
    return this.api.invoke(windowsPreview, { body });
  }

  /** When changes may begin on a machine. @param action whose length counts; without one only whether a window is open */
  standing(machineId: string, action?: string): Promise<MachineMaintenanceDto> {
    return this.api.invoke(maintenanceGet, { id: machineId, ...(action === undefined ? {} : { action }) });
  }
}
