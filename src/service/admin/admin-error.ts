/** Why a command on a data directory was refused. It must not know the commands, which take long to load. */
import { ServiceError } from '../protocol/errors.ts';

/** The message is one sentence for the user. */
export class AdminError extends ServiceError {
  constructor(message: string) {
    super('AdminException', message);
  }
}
