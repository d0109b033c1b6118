import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import { usersInvite, usersList, usersResetLink, usersChange } from '../../api/functions';
import type { InviteUserDto, InvitedUserDto, OneTimeLinkDto, ChangeUserDto, UserDto } from '../../api/models';

/** The accounts part of the API, for administrators. */
@Injectable({ providedIn: 'root' })
export class UsersApi {
  private readonly api = inject(Api);

  list(): Promise<UserDto[]> {
    return this.api.invoke(usersList);
  }

  invite(input: InviteUserDto): Promise<InvitedUserDto> {
    return this.api.invoke(usersInvite, { body: input });
  }

  update(id: string, change: ChangeUserDto): Promise<UserDto> {
    return this.api.invoke(usersChange, { id, body: change });
  }

  resetLink(id: string): Promise<OneTimeLinkDto> {
    return this.api.invoke(usersResetLink, { id });
  }
}
