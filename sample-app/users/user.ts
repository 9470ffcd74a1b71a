export interface User {
  readonly id: string;
  readonly username: string;
  email: string;
  age: number;
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
  passwordHash: string;
  readonly createdAt: Date;
}
