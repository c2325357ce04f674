/** The role that an account has registered for access across accounts. It must not know which roles are valid. */
import type { Database } from './database.ts';

/** `registeredAt` in milliseconds since the epoch. */
export interface CrossAccountAccessRoleRecord {
  readonly roleArn: string;
  readonly registeredAt: number;
}

/** The role of the given account and region: one at most. */
export function crossAccountAccessRole(database: Database, account: string, region: string) {
  return {
    /** Puts the role in the place of the one before. */
    set({ roleArn, registeredAt }: CrossAccountAccessRoleRecord): void {
      database.run(
        'INSERT OR REPLACE INTO cross_account_access_roles (account, region, role_arn, registered_at) VALUES (?, ?, ?, ?)',
        [account, region, roleArn, registeredAt],
      );
    },
    find(): CrossAccountAccessRoleRecord | undefined {
      const row = database.get<{ role_arn: string; registered_at: number }>(
        'SELECT role_arn, registered_at FROM cross_account_access_roles WHERE account = ? AND region = ?',
        [account, region],
      );
      return row && { roleArn: row.role_arn, registeredAt: row.registered_at };
    },
  };
}
