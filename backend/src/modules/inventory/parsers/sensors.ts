import { ParseError, shown } from './parse-error';
import { parseKeyedTable, parseTable, wholeNumber, type Cell } from './table';

/** A temperature sensor, in degrees Celsius. `celsius` keeps why it gave no reading. */
export interface TemperatureRow {
  readonly source: string;
  readonly sensor: string;
  readonly millidegrees: Cell;
  /** null where the sensor states no critical temperature */
  readonly criticalMillidegrees: number | null;
}

export function parseTemperatures(text: string): TemperatureRow[] {
  return parseTable('temperatures', text, ['source', 'sensor', 'input', 'critical']).map((row) => {
    if (row.input.value !== null) wholeNumber('temperatures', row.input.value);
    return {
      source: row.source.value ?? 'unnamed',
      sensor: row.sensor.value ?? 'unnamed',
      millidegrees: row.input,
      criticalMillidegrees: row.critical.value === null ? null : wholeNumber('temperatures', row.critical.value),
    };
  });
}

/** What a Raspberry Pi's firmware says of its power supply and clock; `sinceBoot` flags stay set until the reboot. */
interface PowerFlags {
  readonly underVoltageNow: boolean;
  readonly underVoltageSinceBoot: boolean;
  readonly frequencyCappedNow: boolean;
  readonly frequencyCappedSinceBoot: boolean;
  readonly throttledNow: boolean;
  readonly throttledSinceBoot: boolean;
  readonly temperatureLimitNow: boolean;
  readonly temperatureLimitSinceBoot: boolean;
}

/** `flags` needs the firmware's interface; `alarm` is the kernel's own under-voltage alarm, known on more boards. */
interface RaspberryPower {
  readonly flags: PowerFlags | null;
  readonly alarm: boolean | null;
}

function powerFlags(text: string): PowerFlags {
  // sysfs writes the bare hexadecimal number, vcgencmd the one with 0x
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{1,8})$/.exec(text) ?? [];
  if (digits === undefined) throw new ParseError('raspberry_power', `flags expected, got "${shown(text)}"`);
  const bits = Number.parseInt(digits, 16);
  const bit = (number: number): boolean => ((bits >>> number) & 1) === 1;
  return {
    underVoltageNow: bit(0),
    frequencyCappedNow: bit(1),
    throttledNow: bit(2),
    temperatureLimitNow: bit(3),
    underVoltageSinceBoot: bit(16),
    frequencyCappedSinceBoot: bit(17),
    throttledSinceBoot: bit(18),
    temperatureLimitSinceBoot: bit(19),
  };
}

export function parseRaspberryPower(text: string): RaspberryPower {
  const table = parseKeyedTable('raspberry_power', text);
  const throttled = table.get('throttled');
  const alarm = table.get('undervoltage_alarm');
  if (throttled === undefined || alarm === undefined) throw new ParseError('raspberry_power', 'two rows expected');
  if (alarm.value !== null && alarm.value !== '0' && alarm.value !== '1') {
    throw new ParseError('raspberry_power', `alarm 0 or 1 expected, got "${shown(alarm.value)}"`);
  }
  return {
    flags: throttled.value === null ? null : powerFlags(throttled.value),
    alarm: alarm.value === null ? null : alarm.value === '1',
  };
}
