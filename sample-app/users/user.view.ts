/** What may leave of a user, and to whom. Everything else stays: `passwordHash` is not here. */

import { Expose } from 'class-transformer';
import { OwnerId, VisibleTo, VisibleToOwner } from 'nestjs-bulwark';

export class UserView {
  @OwnerId()
  id!: string;

  username!: string;

  @VisibleTo('admin')
  @VisibleToOwner()
  email!: string;

  @VisibleTo('admin')
  @VisibleToOwner()
  age!: number;

  @VisibleTo('admin')
  @Expose({ name: 'is_admin' })
  isAdmin!: boolean;

  @VisibleTo('admin')
  @Expose({ name: 'created_at' })
  createdAt!: Date;
}
