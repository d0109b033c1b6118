import type { ProbeHardware, ProbeWarning, Severity, WarningCode } from '../contracts/machine-probe.v1';

function hardware(
  code: WarningCode,
  severity: Severity,
  message: string,
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
    found.push(
      hardware('undervoltage', 'error', 'The supply voltage is too low now; writes to the card may be lost.', null),
    );
  } else if (power.undervoltage_since_boot === true) {
    found.push(
      hardware(
        'undervoltage_since_boot',
        'warning',
        'The supply voltage was too low at some time since the last boot.',
        null,
      ),
    );
  }
  if (power.throttled_now === true) {
    found.push(hardware('throttled', 'warning', 'The processor is being slowed down now (heat or supply).', null));
  } else if (power.throttled_since_boot === true) {
    const message = 'The processor was slowed down at some time since the last boot (heat or supply).';
    found.push(hardware('throttled_since_boot', 'info', message, null));
  }
  return found;
}

/** Only where the sensor states its own limit: what is hot differs between a disk and a processor. */
function temperatureWarnings({ temperatures }: Found): ProbeWarning[] {
  return (temperatures ?? []).flatMap(({ name, celsius, critical_celsius: critical }) => {
    if (celsius === null || critical === null || celsius < critical) return [];
    const message = `${name} measures ${String(celsius)} °C; its critical temperature is ${String(critical)} °C.`;
    return [hardware('temperature_high', 'error', message, name, { celsius, critical_celsius: critical })];
  });
}

/** A storage or network device without a driver is unused hardware at best; a bound one is nothing to say. */
function driverWarnings({ drivers }: Found): ProbeWarning[] {
  return (drivers ?? [])
    .filter((device) => device.driver === null)
    .map((device) => {
      const message = `No driver is in use for the ${device.device_class} device ${device.address}.`;
      const params = { device_class: device.device_class, vendor_id: device.vendor_id, device_id: device.device_id };
      return hardware('device_without_driver', 'info', message, device.address, params);
    });
}

function firmwareWarnings({ firmware }: Found): ProbeWarning[] {
  if (firmware?.raspberry_eeprom !== 'update_available') return [];
  return [hardware('firmware_update_available', 'info', 'A newer boot loader is available for the EEPROM.', null)];
}

export function hardwareWarnings(found: Found): ProbeWarning[] {
  return [...powerWarnings(found), ...temperatureWarnings(found), ...driverWarnings(found), ...firmwareWarnings(found)];
}
