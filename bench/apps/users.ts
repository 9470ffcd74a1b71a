/** What every variant of the app serves: the same users, the same answers, the same input. */

import { Expose, Exclude } from 'class-transformer';
import { IsEmail, IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';

/** As it lies in a database. */
export class User {
  id!: string;
  username!: string;
  email!: string;
  age!: number;
  is_admin!: boolean;
  created_at!: Date;
  password_hash!: string;
}

/** As callers may see it: `is_admin` is for administrators. */
export class UserView {
  @Expose() id!: string;
  @Expose() username!: string;
  @Expose() email!: string;
  @Expose() age!: number;
  @Expose({ groups: ['admin'] }) is_admin!: boolean;
  @Expose() created_at!: Date;
  @Exclude() password_hash!: string;
}

export class NewUser {
  @IsString() @Length(3, 40) username!: string;
  @IsEmail() email!: string;
  @IsInt() @Min(18) @Max(120) age!: number;
  @IsIn(['de', 'en', 'fr']) language!: string;
  @IsString() @Length(0, 200) note!: string;
}

export const NEW_USER = JSON.stringify({
  username: 'grace',
  email: 'grace@example.com',
  age: 37,
  language: 'en',
  note: 'met at the conference',
});

const users = Array.from({ length: 64 }, (_, index) =>
  Object.assign(new UserView(), {
    id: `user-${index}`,
    username: `user${index}`,
    email: `user${index}@example.com`,
    age: 20 + index,
    is_admin: false,
    created_at: new Date(1_700_000_000_000 + index * 1000),
    password_hash: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
  }),
);

export function findUser(id: string): User {
  return users[Number(id)]!;
}

export function createUser(input: NewUser): User {
  const { username, email, age } = input;
  return Object.assign(new UserView(), { ...users[0]!, username, email, age });
}
