import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';

/** The origins that are ours. Known in full only once the server listens, since port 0 lets the system choose. */
@Injectable()
export class ListeningOrigins {
  private origins: readonly string[];

  constructor(private readonly config: Config) {
    this.origins = config.allowedOrigins();
  }

  listeningOn(port: number): void {
    this.origins = this.config.allowedOrigins(port);
  }

  all(): readonly string[] {
    return this.origins;
  }

  /** The origin to print and to build links with. */
  primary(): string {
    const [first] = this.origins;
    if (first === undefined) throw new Error('no origin is configured');
    return this.config.env.PUBLIC_URL === undefined
      ? (this.origins.find((o) => o.includes(this.config.env.HOST)) ?? first)
      : first;
  }
}
