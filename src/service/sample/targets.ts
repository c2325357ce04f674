/**
 * The targets and templates of the sample account, as data. It must not know when the templates ran or what was found.
 */
import type { Attribute, Tag } from '@aws-sdk/client-inspector';

/** A target, its resource group and its templates. */
export interface TargetPlan {
  readonly name: string;
  /** An instance that carries one of these tags belongs to the target. */
  readonly tags: readonly Tag[];
  readonly templates: readonly TemplatePlan[];
}

export interface TemplatePlan {
  readonly name: string;
  /** Names of rules packages. */
  readonly rulesPackages: readonly string[];
  readonly userAttributesForFindings: readonly Attribute[];
}

const NETWORK = 'Network Reachability';
const HARDENING = 'Security Best Practices';
const STOREFRONT = [{ key: 'Team', value: 'storefront' }];
const PAYMENTS = [
  { key: 'Application', value: 'payments' },
  { key: 'Compliance', value: 'pci-dss' },
];
const COMPLIANCE = [{ key: 'Compliance', value: 'pci-dss' }];
const PLATFORM = [{ key: 'Team', value: 'platform' }];
const INSIGHTS = [{ key: 'Team', value: 'insights' }];

function template(name: string, rulesPackages: readonly string[], attributes: readonly Attribute[] = []): TemplatePlan {
  return { name, rulesPackages, userAttributesForFindings: attributes };
}

/** Operations also looks after one database, which it shares with the data tier; else no two targets share an instance. */
export const targetPlans: readonly TargetPlan[] = [
  {
    name: 'Web tier',
    tags: [{ key: 'Tier', value: 'web' }],
    templates: [
      template('Web tier, monthly', [NETWORK, HARDENING], STOREFRONT),
      template('Web tier, network', [NETWORK]),
      template('Web tier, hardening', [HARDENING], STOREFRONT),
    ],
  },
  {
    name: 'Application servers',
    tags: [{ key: 'Tier', value: 'application' }],
    templates: [
      template('Application servers, monthly', [NETWORK, HARDENING], PAYMENTS),
      template('Application servers, network', [NETWORK], PAYMENTS),
      template('Application servers, hardening', [HARDENING]),
    ],
  },
  {
    name: 'Data tier',
    tags: [{ key: 'Tier', value: 'data' }],
    templates: [
      template('Data tier, monthly', [NETWORK, HARDENING], COMPLIANCE),
      template('Data tier, network', [NETWORK]),
    ],
  },
  {
    name: 'Operations',
    tags: [
      { key: 'Tier', value: 'operations' },
      { key: 'Name', value: 'database-3' },
    ],
    templates: [
      template('Operations, monthly', [NETWORK, HARDENING], PLATFORM),
      template('Operations, network', [NETWORK]),
    ],
  },
  {
    name: 'Analytics',
    tags: [{ key: 'Tier', value: 'analytics' }],
    templates: [
      template('Analytics, monthly', [NETWORK, HARDENING], INSIGHTS),
      template('Analytics, hardening', [HARDENING]),
    ],
  },
];

/** The template of the run in progress: of a target that shares no instance with another, so that all others are free. */
export const templateInProgress = 'Analytics, monthly';
