/** A moment as a field for date and time has it, in the reader's own zone; empty for what is none. */
export function toField(moment: string | null): string {
  const at = moment ? new Date(moment) : null;
  if (!at || Number.isNaN(at.getTime())) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A field's date and time as a moment, RFC 3339; empty for what is none. */
export function fromField(field: string): string {
  const at = new Date(field);
  return field === "" || Number.isNaN(at.getTime()) ? "" : at.toISOString().replace(".000Z", "Z");
}
