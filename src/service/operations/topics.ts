/** ARNs of SNS topics as subscriptions meet them. It must not know whether a topic exists. */
import { invalidInput } from '../protocol/errors.ts';

const TOPIC_ARN = /^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/** Throws InvalidInputException where the text is not the ARN of an SNS topic. */
export function requireTopicArn(topicArn: string): void {
  if (!TOPIC_ARN.test(topicArn)) {
    throw invalidInput('INVALID_SNS_TOPIC_ARN', 'topicArn must be the ARN of an SNS topic.');
  }
}
