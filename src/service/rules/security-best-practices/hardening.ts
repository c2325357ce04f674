/** The rules about memory protection and system directories. They must not know of logins. */
import type { SystemDirectory } from '../../inventory.ts';
import type { BestPractice } from './best-practice.ts';

export const enableAslr: BestPractice = {
  name: 'Enable ASLR',
  severity: 'Medium',
  description:
    'Looks at whether the kernel lays out the address space of a process at random, which makes memory errors harder to exploit.',
  recommendation:
    'Set kernel.randomize_va_space to 2 with sysctl(8), and in /etc/sysctl.conf so that it survives a restart.',
  violation: ({ kernel }) =>
    kernel && kernel.randomizeVaSpace !== 2
      ? `does not have full ASLR enabled; randomize_va_space is ${kernel.randomizeVaSpace}`
      : undefined,
};

export const enableDep: BestPractice = {
  name: 'Enable DEP',
  severity: 'Medium',
  description: 'Looks at whether data pages are kept from being executed. Not evaluated on ARM.',
  recommendation:
    'Use an instance type and a kernel that support the NX flag, and remove noexec=off from the kernel parameters.',
  violation: ({ kernel, operatingSystem }) =>
    kernel && !kernel.dataExecutionPrevention && operatingSystem.architecture !== 'arm64'
      ? 'does not have DEP enabled'
      : undefined,
};

export const configureDirectoryPermissions: BestPractice = {
  name: 'Configure permissions for system directories',
  severity: 'High',
  description: 'Looks at whether users other than root can write to directories that hold programs and configuration.',
  recommendation:
    'Make root the owner of the directories and take the write permission from group and others: chmod go-w.',
  violation: ({ systemDirectories = [] }) => {
    const writable = systemDirectories.filter(isWritableByOthers).map(({ path }) => path);
    return writable.length > 0
      ? `is configured to allow users other than root to write to system directories: ${writable.join(', ')}`
      : undefined;
  },
};

const WRITE_BY_OWNER = 0o200;
const WRITE_BY_GROUP_OR_OTHERS = 0o022;

function isWritableByOthers({ owner, mode }: SystemDirectory): boolean {
  return (mode & WRITE_BY_GROUP_OR_OTHERS) !== 0 || (owner !== 'root' && (mode & WRITE_BY_OWNER) !== 0);
}
