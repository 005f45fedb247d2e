namespace MlOps.Serving;

/// <summary>A node of an outline; its message is read again when it matters.</summary>
internal sealed record OutlineNode(string Domain, string Operation, ProtoReader Message)
{
    public (List<string> Inputs, List<string> Outputs) Names()
    {
        var (inputs, outputs) = (new List<string>(), new List<string>());
        var reader = Message;
        while (reader.Next())
        {
            if (reader.Field is 1 or 2)
                (reader.Field == 1 ? inputs : outputs).Add(reader.Bytes().Text());
            else
                reader.Skip();
        }

        return (inputs, outputs);
    }

    /// <summary>The attribute of a name; empty when there is none. Two of one name prove nothing and are refused.</summary>
    public ProtoReader Find(string name)
    {
        ProtoReader? found = null;
        var reader = Message;
        while (reader.Next())
        {
            if (reader.Field != 5)
            {
                reader.Skip();
                continue;
            }

            var attribute = reader.Bytes();
            var names = attribute;
            while (names.Next())
            {
                if (names.Field != 1)
                    names.Skip();
                else if (names.Bytes().Text() == name)
                    found = found is null ? attribute : throw ProtoReader.Malformed($"the attribute '{name}' twice in one node");
            }
        }

        return found ?? new ProtoReader(new ProtoSource([]));
    }

    public long Integer(string name, long otherwise)
    {
        var reader = Find(name);
        while (reader.Next())
        {
            if (reader.Field == 3)
                otherwise = (long)reader.Number();
            else
                reader.Skip();
        }

        return otherwise;
    }

    public long Integers(string name, List<long> into, int limit)
    {
        var count = 0L;
        var reader = Find(name);
        while (reader.Next())
        {
            if (reader.Field == 8)
                count += reader.Numbers(into, limit);
            else
                reader.Skip();
        }

        return count;
    }

    /// <summary>How many floats an attribute has.</summary>
    public long Count(string name)
    {
        var count = 0L;
        var none = new List<double>();
        var integers = new List<long>();
        var reader = Find(name);
        while (reader.Next())
        {
            if (reader.Field == 7)
                count += reader.Reals(none, 0, 4);
            else if (reader.Field == 8)
                count += reader.Numbers(integers, 0);
            else
                reader.Skip();
        }

        return count;
    }
}
