namespace MlOps;

/// <summary>A recorded act. Each record carries the hash of the one before, so that an edit, deletion or reordering shows.</summary>
/// <param name="Sequence">Its place, dense from 1.</param>
/// <param name="Time">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Entry">What.</param>
/// <param name="Hash">SHA-256 over the former record's hash and this record's fields, in hexadecimal.</param>
public sealed record AuditRecord(long Sequence, Timestamp Time, string Actor, AuditEntry Entry, string Hash);
