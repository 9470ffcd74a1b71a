/** Who is there at the start, outside production. Known passwords have no place anywhere else. */

export interface SeededUser {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly age: number;
  readonly roles: readonly string[];
}

export const SEEDED_USERS: readonly SeededUser[] = [
  seeded('alice', '00000000-0000-4000-8000-00000000a11c', 31, 'user'),
  seeded('bob', '00000000-0000-4000-8000-00000000b0b0', 42, 'user'),
  seeded('mia', '00000000-0000-4000-8000-000000003a1a', 27, 'moderator'),
  seeded('ada', '00000000-0000-4000-8000-00000000ada0', 36, 'admin'),
];

function seeded(username: string, id: string, age: number, role: string): SeededUser {
  return { id, username, password: `correct-horse-battery-${username}`, age, roles: [role] };
}
