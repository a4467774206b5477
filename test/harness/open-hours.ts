/**
 * SQL for a hospital that may call at any moment, so that what runs on the wall clock runs the same at noon and at night: a
 * campaign's own hours never open what the hospital's rule keeps closed.
 */
export const openHours = `
  insert into setting (key, version, value)
  select key, version + 1,
    value || '{"periods": [{"opens": "00:00", "closes": "24:00"}], "holidays": "open", "weekends": "open"}'
  from setting_now where key = 'calling'`
