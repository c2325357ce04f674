/** The rules about logging in over SSH (sshd_config(5)). They must not know of other settings. */
import type { BestPractice } from './best-practice.ts';

export const disableRootLogin: BestPractice = {
  name: 'Disable root login over SSH',
  severity: 'Medium',
  description:
    'Looks at whether the SSH daemon lets root log in. Every attacker knows that name, so only the credential is left to guess.',
  recommendation:
    'Set PermitRootLogin to no in /etc/ssh/sshd_config and restart sshd. Log in as another user and use sudo where more rights are needed.',
  violation: ({ sshd }) =>
    sshd && sshd.permitRootLogin !== 'no'
      ? 'is configured to allow users to log in with root credentials over SSH'
      : undefined,
};

export const supportVersion2Only: BestPractice = {
  name: 'Support SSH version 2 only',
  severity: 'Medium',
  description: 'Looks at whether the SSH daemon still speaks version 1 of the protocol, whose design can be attacked.',
  recommendation: 'Set Protocol to 2 in /etc/ssh/sshd_config and restart sshd.',
  violation: ({ sshd }) =>
    sshd && sshd.protocol !== '2' ? `is configured to support SSH version 1 (Protocol ${sshd.protocol})` : undefined,
};

export const disablePasswordAuthentication: BestPractice = {
  name: 'Disable password authentication over SSH',
  severity: 'Medium',
  description: 'Looks at whether the SSH daemon takes passwords. Passwords can be guessed; keys cannot.',
  recommendation:
    'Set PasswordAuthentication to no in /etc/ssh/sshd_config, restart sshd, and let users log in with their keys.',
  violation: ({ sshd }) =>
    sshd?.passwordAuthentication ? 'is configured to support password authentication over SSH' : undefined,
};
