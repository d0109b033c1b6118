import type { Firmware, Power, Temperature } from '../contracts/machine-probe.v1';
import { parseRaspberryPower, parseTemperatures, type TemperatureRow } from '../parsers/sensors';
import type { Cell } from '../parsers/table';
import { fromCell, given, isMissing, map, missing, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../inventory.sentences';

type Facts = ReadonlyMap<string, Cell>;

/** Exit codes of rpi-eeprom-update: the answer is the code, its text is for people. */
const EEPROM_STATES = ['current', 'update_available', 'failed', 'frozen'] as const;

function eepromState(reader: SectionReader): Measured<(typeof EEPROM_STATES)[number]> {
  const ran = reader.read('raspberry_eeprom', () => true, [0, 1, 2, 3]);
  if (isMissing(ran)) return ran;
  const state = EEPROM_STATES[reader.exitCode('raspberry_eeprom') ?? -1];
  return given(state, 'command_failed', say.eeprom_exit_code());
}

/** What the firmware says of itself. Where there are neither DMI tables nor a Raspberry's EEPROM, null as a whole. */
export function findFirmware(
  reader: SectionReader,
  dmi: Measured<Facts>,
  inContainer: boolean,
  book: ReasonBook,
): Firmware | null {
  const eeprom = eepromState(reader);
  if (inContainer) {
    return book.take('hardware.firmware', missing('not_applicable', say.no_firmware_in_container()));
  }
  if (isMissing(dmi) && isMissing(eeprom)) return book.take('hardware.firmware', dmi);
  const field = (key: string, what: Sentence): Measured<string> =>
    isMissing(dmi) ? dmi : fromCell(dmi.value.get(key), what);
  const take = (key: keyof Firmware, from: string, what: Sentence): string | null =>
    book.take(`hardware.firmware.${key}`, field(from, what));
  return {
    bios_vendor: take('bios_vendor', 'bios_vendor', say.firmware_maker()),
    bios_version: take('bios_version', 'bios_version', say.firmware_version()),
    bios_date: take('bios_date', 'bios_date', say.firmware_date()),
    system_vendor: take('system_vendor', 'sys_vendor', say.machine_maker()),
    product_name: take('product_name', 'product_name', say.product_name()),
    raspberry_eeprom: book.take('hardware.firmware.raspberry_eeprom', eeprom),
  };
}

/** Above this a "critical" value is a filler (NVMe states 65261 °C for "no limit"). */
const PLAUSIBLE_CELSIUS = 200;

function degrees(millidegrees: number): number {
  return Math.round(millidegrees / 100) / 10;
}

function uniqueNames(rows: readonly TemperatureRow[]): string[] {
  const seen = new Map<string, number>();
  return rows.map(({ source, sensor }) => {
    const name = `${source}/${sensor}`;
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return number === 1 ? name : `${name} ${String(number)}`;
  });
}

export function findTemperatures(reader: SectionReader, inContainer: boolean, book: ReasonBook): Temperature[] | null {
  const read = reader.read('temperatures', parseTemperatures);
  const ofHost = missing('not_applicable', say.sensors_of_host());
  const rows = book.take('hardware.temperatures', inContainer ? ofHost : read);
  if (rows === null) return null;
  const names = uniqueNames(rows);
  return rows.map((row, index) => {
    const name = names[index] ?? row.sensor;
    const critical = row.criticalMillidegrees === null ? null : degrees(row.criticalMillidegrees);
    const reading = map(fromCell(row.millidegrees, say.a_sensor_reading()), (text) => degrees(Number(text)));
    return {
      name,
      celsius: book.take(`hardware.temperatures[${name}].celsius`, reading),
      critical_celsius: critical !== null && critical > 0 && critical < PLAUSIBLE_CELSIUS ? critical : null,
    };
  });
}

/** A Raspberry Pi's power supply; other machines have no such report. */
export function findPower(
  reader: SectionReader,
  inContainer: boolean,
  isRaspberry: boolean,
  book: ReasonBook,
): Power | null {
  const read = reader.read('raspberry_power', parseRaspberryPower);
  if (inContainer || !isRaspberry) {
    return book.take('hardware.power', missing('not_applicable', say.only_raspberry_power()));
  }
  const power = book.take('hardware.power', read);
  if (power === null) return null;
  const noFlags = missing('not_readable', say.power_flags_unread());
  const flag = (name: keyof Power, value: boolean | null | undefined): boolean | null =>
    book.take(`hardware.power.${name}`, value === null || value === undefined ? noFlags : { value });
  return {
    undervoltage_now: flag('undervoltage_now', power.flags?.underVoltageNow ?? power.alarm),
    undervoltage_since_boot: flag('undervoltage_since_boot', power.flags?.underVoltageSinceBoot),
    throttled_now: flag('throttled_now', power.flags && (power.flags.throttledNow || power.flags.frequencyCappedNow)),
    throttled_since_boot: flag(
      'throttled_since_boot',
      power.flags && (power.flags.throttledSinceBoot || power.flags.frequencyCappedSinceBoot),
    ),
  };
}
