/** The argument of subscriptions that says how often they are read for. */
export const MAX_STALENESS = {
  type: 'Int',
  required: true,
  defaultValue: 2_000,
  description:
    'How old what the stream knows may become before it is read again, in milliseconds; less than 250 counts as 250. Near an expected change it is read more often by itself. The higher, the fewer calls.',
} as const;
