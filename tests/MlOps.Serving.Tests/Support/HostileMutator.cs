namespace MlOps.Serving.Tests;

/// <summary>
/// Changes model files at random, from a seed: as bytes (flips, cuts, splices, extreme numbers, lengths that lie) and as a tree of fields
/// (twice, gone, exchanged, extreme, moved between models), whose lengths are right again, so that half of them get past the reader.
/// </summary>
internal sealed class HostileMutator(int seed)
{
    private static readonly ulong[] Extremes =
        [0, 1, 2, 3, 127, 128, 255, 65_535, int.MaxValue, uint.MaxValue, 1UL << 33, 1UL << 40, (ulong)long.MaxValue, 1UL << 63, ulong.MaxValue];
    private readonly Random _random = new(seed);
    private readonly byte[][] _seeds = [.. HostileModels.Seeds.Select(model => model.File)];

    public byte[] Next()
    {
        var file = _seeds[_random.Next(_seeds.Length)].ToArray();
        if (_random.Next(2) == 0)
            return MutateBytes(file);
        var tree = Field.Parse(file)!;
        for (var change = _random.Next(1, 4); change > 0; change--)
            MutateTree(tree);
        var bytes = new MemoryStream();
        Field.Write(tree, bytes);
        return bytes.ToArray();
    }

    private byte[] MutateBytes(byte[] file)
    {
        for (var change = _random.Next(1, 5); change > 0 && file.Length > 4; change--)
        {
            var at = _random.Next(file.Length);
            switch (_random.Next(7))
            {
                case 0:
                    file[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    file = file[..at];
                    break;
                case 3:
                    var other = _seeds[_random.Next(_seeds.Length)];
                    file = [.. file[..at], .. other[_random.Next(other.Length)..]];
                    break;
                case 4:
                    var length = Math.Min(_random.Next(1, 64), file.Length - at);
                    file = [.. file[..(at + length)], .. file[at..]];
                    break;
                case 5:
                    file = [.. file[..at], .. Varint(Extremes[_random.Next(Extremes.Length)]), .. file[(at + 1)..]];
                    break;
                default:
                    BitConverter.TryWriteBytes(file.AsSpan(Math.Min(at, file.Length - 4)), (uint)Extremes[_random.Next(Extremes.Length)]);
                    break;
            }
        }

        return file;
    }

    private void MutateTree(List<Field> tree)
    {
        var all = new List<(List<Field> Siblings, int Index)>();
        Collect(tree, all);
        if (all.Count == 0)
            return;
        var (siblings, index) = all[_random.Next(all.Count)];
        var field = siblings[index];
        switch (_random.Next(7))
        {
            case 0:
                siblings.Insert(_random.Next(siblings.Count + 1), field.Copy());
                break;
            case 1:
                siblings.RemoveAt(index);
                break;
            case 2:
                var (others, other) = all[_random.Next(all.Count)];
                (siblings[index], others[other]) = (others[other].Copy(), siblings[index].Copy());
                break;
            case 3:
                var donors = new List<(List<Field> Siblings, int Index)>();
                Collect(Field.Parse(_seeds[_random.Next(_seeds.Length)])!, donors);
                var fitting = donors.Where(donor => donor.Siblings[donor.Index].Number == field.Number).ToList();
                if (fitting.Count > 0)
                    siblings[index] = fitting[_random.Next(fitting.Count)] is var pick ? pick.Siblings[pick.Index].Copy() : field;
                break;
            case 4 when field.Wire == 0:
                field.Value = Extremes[_random.Next(Extremes.Length)];
                break;
            case 5 when field.Bytes is { Length: > 0 } bytes:
                bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
                break;
            case 6 when field.Bytes is { Length: >= 8 } raw:
                BitConverter.TryWriteBytes(raw.AsSpan(_random.Next(raw.Length / 8) * 8), Extremes[_random.Next(Extremes.Length)]);
                break;
            default:
                field.Number = _random.Next(1, 27);
                break;
        }
    }

    private static void Collect(List<Field> fields, List<(List<Field>, int)> into)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            into.Add((fields, i));
            if (fields[i].Children is { } children)
                Collect(children, into);
        }
    }

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private sealed class Field
    {
        public int Number { get; set; }

        public int Wire { get; init; }

        public ulong Value { get; set; }

        public byte[]? Bytes { get; init; }

        public List<Field>? Children { get; init; }

        public Field Copy() => new() { Number = Number, Wire = Wire, Value = Value, Bytes = Bytes?.ToArray(), Children = Children?.ConvertAll(child => child.Copy()) };

        // Null where the bytes are no message; whatever happens to look like one is treated as one.
        public static List<Field>? Parse(ReadOnlySpan<byte> bytes)
        {
            var fields = new List<Field>();
            while (!bytes.IsEmpty)
            {
                if (!Read(ref bytes, out var tag) || tag >> 3 is 0 or > 40)
                    return null;
                var (number, wire) = ((int)(tag >> 3), (int)(tag & 7));
                switch (wire)
                {
                    case 0 when Read(ref bytes, out var value):
                        fields.Add(new Field { Number = number, Wire = 0, Value = value });
                        break;
                    case 5 when bytes.Length >= 4:
                        fields.Add(new Field { Number = number, Wire = 5, Bytes = bytes[..4].ToArray() });
                        bytes = bytes[4..];
                        break;
                    case 2 when Read(ref bytes, out var length) && length <= (ulong)bytes.Length:
                        var content = bytes[..(int)length];
                        bytes = bytes[(int)length..];
                        var children = length == 0 ? null : Parse(content);
                        fields.Add(new Field { Number = number, Wire = 2, Children = children, Bytes = children is null ? content.ToArray() : null });
                        break;
                    default:
                        return null;
                }
            }

            return fields;
        }

        public static void Write(List<Field> fields, Stream into)
        {
            foreach (var field in fields)
            {
                into.Write(Varint((ulong)(field.Number << 3 | field.Wire)));
                if (field.Wire == 0)
                {
                    into.Write(Varint(field.Value));
                    continue;
                }

                var content = field.Bytes;
                if (field.Children is { } children)
                {
                    var inner = new MemoryStream();
                    Write(children, inner);
                    content = inner.ToArray();
                }

                if (field.Wire == 2)
                    into.Write(Varint((ulong)content!.Length));
                into.Write(content!);
            }
        }

        private static bool Read(ref ReadOnlySpan<byte> bytes, out ulong value)
        {
            value = 0;
            for (var i = 0; i < bytes.Length && i < 10; i++)
            {
                value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
                if (bytes[i] < 0x80)
                {
                    bytes = bytes[(i + 1)..];
                    return true;
                }
            }

            return false;
        }
    }
}
