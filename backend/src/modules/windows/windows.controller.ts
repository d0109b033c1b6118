import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { invalidInput } from '../../kernel/errors/domain-error';
import { uuidPipe } from '../../kernel/http/validation';
import {
  ChangeWindowDto,
  OpeningDto,
  PreviewWindowDto,
  SaveWindowDto,
  WindowDto,
  WindowVersionDto,
} from './dto/windows.dto';
import { nextOpenings, timingProblem, type Opens } from './openings';
import type { WindowFacts, WindowRecord } from './windows.repository';
import { openingProblems, WindowsService } from './windows.service';

const SHOWN = 3;
const PREVIEWED = 5;

@ApiTags('maintenance-windows')
@Controller('maintenance-windows')
export class WindowsController {
  constructor(private readonly windows: WindowsService) {}

  /** All windows by name, with their next openings. */
  @Get()
  @RequirePermission('machines.read')
  async list(): Promise<WindowDto[]> {
    const now = await this.windows.now();
    return (await this.windows.list()).map((window) => toDto(window, now));
  }

  /** The next five openings of a window that is not saved, by the rule that opens it. 400 names the field. */
  @Post('preview')
  @HttpCode(200)
  @RequirePermission('machines.read')
  async preview(@Body() { cron, opensAt = null, timezone, durationMinutes }: PreviewWindowDto): Promise<OpeningDto[]> {
    const now = await this.windows.now();
    const opens = { name: '', cron, opensAt, timezone, durationMinutes };
    const problems = openingProblems(opens, now);
    if (problems.length > 0) throw invalidInput(problems);
    return next(opens, PREVIEWED, now);
  }

  /** Adds a window: from now on no change begins outside it on the machines that it speaks of. */
  @Post()
  @RequirePermission('windows.write')
  async create(@Body() body: SaveWindowDto, @CurrentOrigin() origin: RequestOrigin): Promise<WindowDto> {
    return toDto(await this.windows.create(factsOf(body), origin), await this.windows.now());
  }

  /** Changes a window; what waits for it is looked at again. 404, 409 `window_changed`. */
  @Put(':id')
  @RequirePermission('windows.write')
  async change(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ChangeWindowDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<WindowDto> {
    return toDto(await this.windows.change(id, factsOf(body), body.seen, origin), await this.windows.now());
  }

  /** Removes a window. 404, 409 `window_changed`. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('windows.write')
  remove(
    @Param('id', uuidPipe('id')) id: string,
    @Query() { seen }: WindowVersionDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<void> {
    return this.windows.remove(id, seen, origin);
  }
}

function toDto(window: WindowRecord, now: Date): WindowDto {
  return { ...window, timingProblem: timingProblem(window), openings: next(window, SHOWN, now) };
}

function next(window: Opens, count: number, now: Date): OpeningDto[] {
  return nextOpenings([window], now, count).map(({ from, until }) => ({ from, until }));
}

function factsOf({
  name,
  enabled,
  scope,
  tagId,
  machineId,
  cron,
  opensAt,
  timezone,
  durationMinutes,
}: SaveWindowDto): WindowFacts {
  return {
    name,
    enabled,
    scope,
    tagId: tagId ?? null,
    machineId: machineId ?? null,
    cron,
    opensAt: opensAt ?? null,
    timezone,
    durationMinutes,
  };
}
