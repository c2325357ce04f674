/**
 * The rules about the password policy. The user guide names the settings but gives no number for age and length: the
 * thresholds are choices. They must not know of other settings.
 */
import type { PasswordPolicy } from '../../inventory.ts';
import type { BestPractice } from './best-practice.ts';

/** Days after which a password must have been changed: a choice, after the CIS benchmarks of the time. */
const LONGEST_MAXIMUM_AGE = 90;
/** Characters: a choice, after the CIS benchmarks of the time. */
const SHORTEST_MINIMUM_LENGTH = 14;
/** Former passwords that are refused: the user guide's number. */
const FEWEST_REMEMBERED = 12;

export const configureMaximumAge: BestPractice = {
  name: 'Configure password maximum age',
  severity: 'Medium',
  description: 'Looks at how long a password may be used before it must be changed.',
  recommendation: `Set PASS_MAX_DAYS in /etc/login.defs to ${LONGEST_MAXIMUM_AGE} or less, and bring existing users in line with chage(1).`,
  violation: ({ passwordPolicy }) =>
    passwordPolicy && passwordPolicy.maximumAgeDays > LONGEST_MAXIMUM_AGE
      ? `is not configured with a maximum password age of at most ${LONGEST_MAXIMUM_AGE} days; it is ${passwordPolicy.maximumAgeDays}`
      : undefined,
};

export const configureMinimumLength: BestPractice = {
  name: 'Configure password minimum length',
  severity: 'Medium',
  description: 'Looks at how short a password may be. Each further character makes guessing harder.',
  recommendation: `Set minlen of pam_pwquality (or pam_cracklib) to ${SHORTEST_MINIMUM_LENGTH} or more.`,
  violation: ({ passwordPolicy }) =>
    passwordPolicy && passwordPolicy.minimumLength < SHORTEST_MINIMUM_LENGTH
      ? `is not configured with a minimum password length of at least ${SHORTEST_MINIMUM_LENGTH}; it is ${passwordPolicy.minimumLength}`
      : undefined,
};

export const configureComplexity: BestPractice = {
  name: 'Configure password complexity',
  severity: 'Medium',
  description:
    'Looks at whether passwords must have characters of every class and must differ from the ones used before.',
  recommendation: `Set lcredit, ucredit, dcredit and ocredit of pam_pwquality (or pam_cracklib) to -1 or less, and remember of pam_unix to ${FEWEST_REMEMBERED} or more.`,
  violation: ({ passwordPolicy }) =>
    passwordPolicy && !isComplex(passwordPolicy)
      ? 'is not configured with password complexity mechanisms or restrictions on reuse'
      : undefined,
};

function isComplex(policy: PasswordPolicy): boolean {
  const credits = [policy.lowercaseCredit, policy.uppercaseCredit, policy.digitCredit, policy.otherCredit];
  return credits.every((credit) => credit < 0) && policy.rememberedPasswords >= FEWEST_REMEMBERED;
}
