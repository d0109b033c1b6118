import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { CurrentPrincipal, Public, RequirePermission } from '../../kernel/auth/access.decorators';
import type { Principal } from '../../kernel/auth/actor';
import { sessionCookie } from '../../kernel/auth/session-cookie';
import { Config } from '../../kernel/config/config';
import { toMe } from './accounts.mapper';
import { clientOf } from './client';
import {
  AcceptLinkDto,
  ChangeMeDto,
  ChangePasswordDto,
  LinkInfoDto,
  LinkTokenDto,
  MeDto,
  SetupDto,
  SignInDto,
} from './dto/accounts.dto';
import { LinksService } from './links.service';
import { SessionsService, type StartedSession } from './sessions.service';
import { UsersService } from './users.service';

@ApiTags('accounts')
@Controller()
export class SessionController {
  constructor(
    private readonly config: Config,
    private readonly sessions: SessionsService,
    private readonly links: LinksService,
    private readonly users: UsersService,
  ) {}

  /** Whether the first administrator still has to be created. */
  @Get('setup')
  @Public()
  async setup(): Promise<SetupDto> {
    return { needed: await this.links.setupNeeded() };
  }

  /** What a one-time link is for. */
  @Post('links/inspect')
  @HttpCode(200)
  @Public()
  async inspectLink(@Body() body: LinkTokenDto): Promise<LinkInfoDto> {
    const { link, user } = await this.links.inspect(body.token);
    const { purpose, expiresAt } = link;
    return { purpose, expiresAt, username: user?.username ?? null, displayName: user?.displayName ?? null };
  }

  /** Uses a one-time link: sets the password and signs in. */
  @Post('links/accept')
  @HttpCode(200)
  @Public()
  async acceptLink(
    @Body() body: AcceptLinkDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MeDto> {
    return this.started(await this.links.accept(body, clientOf(request)), response);
  }

  /** Signs in. */
  @Post('sessions')
  @HttpCode(200)
  @Public()
  async signIn(
    @Body() body: SignInDto,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MeDto> {
    return this.started(await this.sessions.signIn(body.username, body.password, clientOf(request)), response);
  }

  /** Signs out. */
  @Delete('sessions/current')
  @HttpCode(204)
  @RequirePermission('me')
  async signOut(
    @CurrentPrincipal() principal: Principal,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.sessions.end(principal, clientOf(request));
    response.setHeader('Set-Cookie', sessionCookie(this.config, null, new Date(0)));
  }

  /** The person who is signed in. */
  @Get('me')
  @RequirePermission('me')
  async me(@CurrentPrincipal() principal: Principal): Promise<MeDto> {
    return toMe(await this.users.byId(principal.userId));
  }

  /** Changes one's own profile. */
  @Patch('me')
  @RequirePermission('me')
  async changeMe(@CurrentPrincipal() principal: Principal, @Body() body: ChangeMeDto): Promise<MeDto> {
    return toMe(await this.users.changeOwnProfile(principal, body));
  }

  /** Changes one's own password; all other sessions end. */
  @Post('me/password')
  @HttpCode(204)
  @RequirePermission('me')
  async changePassword(
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
    @Body() body: ChangePasswordDto,
  ): Promise<void> {
    await this.users.changeOwnPassword(principal, body.currentPassword, body.newPassword, origin);
  }

  private started(session: StartedSession, response: Response): MeDto {
    response.setHeader('Set-Cookie', sessionCookie(this.config, session.token, session.expiresAt));
    return toMe(session.user);
  }
}
