import type { ProbeHardware, ProbeWarning, Severity, WarningCode } from '../contracts/machine-probe.v1';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../inventory.sentences';

function hardware(
  code: WarningCode,
  severity: Severity,
  message: Sentence,
  subject: string | null,
  params: ProbeWarning['params'] = {},
): ProbeWarning {
  return { code, area: 'hardware', severity, message, subject, params };
}

type Found = Omit<ProbeHardware, 'warnings'>;

function powerWarnings({ power }: Found): ProbeWarning[] {
  if (power === null) return [];
  const found: ProbeWarning[] = [];
  if (power.undervoltage_now === true) {
    found.push(hardware('undervoltage', 'error', say.undervoltage(), null));
  } else if (power.undervoltage_since_boot === true) {
    found.push(hardware('undervoltage_since_boot', 'warning', say.undervoltage_since_boot(), null));
  }
  if (power.throttled_now === true) {
    found.push(hardware('throttled', 'warning', say.throttled(), null));
  } else if (power.throttled_since_boot === true) {
    const message = say.throttled_since_boot();
    found.push(hardware('throttled_since_boot', 'info', message, null));
  }
  return found;
}

/** Only where the sensor states its own limit: what is hot differs between a disk and a processor. */
function temperatureWarnings({ temperatures }: Found): ProbeWarning[] {
  return (temperatures ?? []).flatMap(({ name, celsius, critical_celsius: critical }) => {
    if (celsius === null || critical === null || celsius < critical) return [];
    const message = say.temperature_high({ sensor: name, celsius, critical });
    return [hardware('temperature_high', 'error', message, name, { celsius, critical_celsius: critical })];
  });
}

/** A storage or network device without a driver is unused hardware at best; a bound one is nothing to say. */
function driverWarnings({ drivers }: Found): ProbeWarning[] {
  return (drivers ?? [])
    .filter((device) => device.driver === null)
    .map((device) => {
      const message = say.device_without_driver({ class: device.device_class, address: device.address });
      const params = { device_class: device.device_class, vendor_id: device.vendor_id, device_id: device.device_id };
      return hardware('device_without_driver', 'info', message, device.address, params);
    });
}

function firmwareWarnings({ firmware }: Found): ProbeWarning[] {
  if (firmware?.raspberry_eeprom !== 'update_available') return [];
  return [hardware('firmware_update_available', 'info', say.firmware_update(), null)];
}

export function hardwareWarnings(found: Found): ProbeWarning[] {
  return [...powerWarnings(found), ...temperatureWarnings(found), ...driverWarnings(found), ...firmwareWarnings(found)];
}
