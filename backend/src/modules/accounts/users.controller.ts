import { Body, Controller, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { toUser } from './accounts.mapper';
import { ChangeUserDto, InvitedUserDto, InviteUserDto, OneTimeLinkDto, UserDto } from './dto/accounts.dto';
import { UsersService } from './users.service';

@ApiTags('accounts')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** All accounts, by name. */
  @Get()
  @RequirePermission('users.manage')
  async list(): Promise<UserDto[]> {
    return (await this.users.list()).map(toUser);
  }

  /** Adds an account and gives the one-time link by which its owner chooses a password. */
  @Post()
  @RequirePermission('users.manage')
  async invite(@Body() body: InviteUserDto, @CurrentOrigin() origin: RequestOrigin): Promise<InvitedUserDto> {
    const { user, link } = await this.users.invite(body, origin);
    return { user: toUser(user), link };
  }

  /** Changes name, role or state. Taking rights away ends the person's sessions. */
  @Patch(':id')
  @RequirePermission('users.manage')
  async change(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ChangeUserDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<UserDto> {
    return toUser(await this.users.change(id, body, origin));
  }

  /** A new one-time link to choose a password. Using it ends the person's sessions. */
  @Post(':id/reset-link')
  @HttpCode(200)
  @RequirePermission('users.manage')
  async resetLink(
    @Param('id', uuidPipe('id')) id: string,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<OneTimeLinkDto> {
    return this.users.resetLink(id, origin);
  }
}
