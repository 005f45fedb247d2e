namespace MlOps.Features;

/// <summary>
/// A service's request inputs and computed features, bound. A row is worked on in slots: features of the views, request inputs,
/// computed features, each in declared order.
/// </summary>
internal sealed class TransformPlan
{
    private readonly ComputedFeature[] _computed;
    private readonly int[][] _inputs;
    private readonly int[] _outputs;

    private TransformPlan(FeatureService service, IReadOnlyList<string> stored, int[][] inputs, int[] outputs, IReadOnlyList<string> names)
    {
        Requests = service.RequestInputs;
        _computed = [.. service.Computed];
        _inputs = inputs;
        _outputs = outputs;
        StoredCount = stored.Count;
        SlotCount = stored.Count + Requests.Count + _computed.Length;
        FeatureNames = names;
    }

    public IReadOnlyList<RequestInput> Requests { get; }

    /// <summary>What the service returns, in order.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    public int StoredCount { get; }

    public int SlotCount { get; }

    public int ComputedCount => _computed.Length;

    /// <summary>By returned feature, its slot.</summary>
    public ReadOnlySpan<int> Outputs => _outputs;

    /// <summary>Binds a service's inputs and computed features; null where it has neither and hides nothing, or where a mistake was found.</summary>
    public static TransformPlan? Bind(FeatureService service, IReadOnlyList<string> stored, List<string> mistakes)
    {
        if (service.RequestInputs.Count == 0 && service.Computed.Count == 0 && service.HiddenFeatures.Count == 0)
            return null;
        var before = mistakes.Count;
        var slots = new Dictionary<string, int>(StringComparer.Ordinal);
        // Features that stand twice among the views are reported by the caller.
        foreach (var name in stored)
            slots.TryAdd(name, slots.Count);
        var next = stored.Count;
        foreach (var request in service.RequestInputs)
        {
            if (!slots.TryAdd(request.Name, next++))
                mistakes.Add($"request input '{request.Name}' has the name of another input or feature: rename it");
        }

        var later = service.Computed.Select(computed => computed.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = new List<int[]>();
        foreach (var computed in service.Computed)
        {
            var own = new List<int>();
            foreach (var input in computed.Inputs)
            {
                if (slots.TryGetValue(input, out var slot))
                    own.Add(slot);
                else if (later.Contains(input))
                    mistakes.Add($"computed feature '{computed.Name}' uses '{input}', which is {(input == computed.Name ? "itself" : "computed after it")}: declare what it uses first, without a cycle");
                else
                    mistakes.Add($"computed feature '{computed.Name}' uses '{input}', which is neither a request input nor a feature of the service. {NearestNames.Describe(input, [.. slots.Keys, .. later])}");
                if (computed.IsFormula && service.RequestInputs.FirstOrDefault(request => request.Name == input) is { Type: DataType.String or DataType.Timestamp } text)
                    mistakes.Add($"the formula of '{computed.Name}' takes numbers, but '{input}' is {text.Type}: use Compute with typed values");
                if (computed.IsFormula && service.Computed.FirstOrDefault(other => other.Name == input) is { Type: DataType.String or DataType.Timestamp } made)
                    mistakes.Add($"the formula of '{computed.Name}' takes numbers, but '{input}' is {made.Type}: use Compute with typed values");
            }

            inputs.Add([.. own]);
            if (!slots.TryAdd(computed.Name, next++))
                mistakes.Add($"computed feature '{computed.Name}' has the name of another input or feature: rename it");
        }

        var features = stored.Concat(service.Computed.Select(computed => computed.Name)).ToArray();
        foreach (var hidden in service.HiddenFeatures.Where(hidden => !features.Contains(hidden, StringComparer.Ordinal)))
            mistakes.Add($"it hides '{hidden}', which is not a feature of the service. {NearestNames.Describe(hidden, features)}");
        var returned = features.Except(service.HiddenFeatures, StringComparer.Ordinal).ToArray();
        if (returned.Length == 0)
            mistakes.Add("it hides all its features");
        return mistakes.Count > before ? null : new TransformPlan(service, stored, [.. inputs], [.. returned.Select(name => slots[name])], returned);
    }

    /// <summary>Fills the computed slots of a row.</summary>
    public void Run(Span<FeatureValue> slots)
    {
        var next = SlotCount - _computed.Length;
        for (var i = 0; i < _computed.Length; i++)
            slots[next + i] = _computed[i].Compute(slots, _inputs[i]);
    }

    /// <summary>Puts a request's values into their slots, as the types that were declared.</summary>
    public void Accept(string service, ReadOnlySpan<FeatureValue> request, Span<FeatureValue> slots)
    {
        if (request.Length != Requests.Count)
            throw new InvalidInputException(
                $"Feature service '{service}' takes {Requests.Count} request value(s) ({string.Join(", ", Requests.Select(input => $"{input.Name}: {input.Type}"))}); {request.Length} were given.");
        for (var i = 0; i < request.Length; i++)
        {
            var type = Requests[i].Type;
            slots[StoredCount + i] = request[i].Type == type ? request[i] : Convert(request[i], i);
        }
    }

    /// <summary>The columns that the service returns, computed ones included, from the columns of its views and a spine with the request inputs.</summary>
    public IEnumerable<DataColumn> Compute(DataFrame spine, IReadOnlyList<DataColumn> stored, CancellationToken cancellationToken)
    {
        var requests = Requests.Select(input => spine[input.Name]).ToArray();
        var made = new DataColumn?[SlotCount];
        for (var i = 0; i < stored.Count; i++)
            made[i] = stored[i];
        var wanted = _inputs.SelectMany(slots => slots).Where(slot => slot < StoredCount).Distinct().ToArray();
        var first = SlotCount - _computed.Length;
        var builders = _computed.Select(computed => ColumnBuilder.Create(computed.Name, computed.Type, spine.RowCount)).ToArray();
        var rows = new FeatureValue[Math.Min(ColumnValues.BlockRows, spine.RowCount) * SlotCount];
        for (var start = 0; start < spine.RowCount && builders.Length > 0; start += ColumnValues.BlockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(ColumnValues.BlockRows, spine.RowCount - start);
            foreach (var slot in wanted)
                ColumnValues.Fill(stored[slot], start, count, rows.AsSpan(slot), SlotCount);
            for (var i = 0; i < requests.Length; i++)
            {
                ColumnValues.Fill(requests[i], start, count, rows.AsSpan(StoredCount + i), SlotCount);
                if (requests[i].Type == Requests[i].Type)
                    continue;
                for (var row = 0; row < count; row++)
                {
                    ref var value = ref rows[(row * SlotCount) + StoredCount + i];
                    value = Convert(value, i);
                }
            }

            for (var row = 0; row < count; row++)
                Run(rows.AsSpan(row * SlotCount, SlotCount));
            for (var i = 0; i < builders.Length; i++)
                ColumnValues.Append(builders[i], count, rows.AsSpan(first + i), SlotCount);
        }

        for (var i = 0; i < builders.Length; i++)
            made[first + i] = builders[i].Build();
        return _outputs.Select(slot => made[slot]!);
    }

    /// <summary>What is wrong with a spine as source of the request inputs, or null.</summary>
    public string? FindMistake(DataFrame spine) =>
        Requests.FirstOrDefault(input => !spine.HasColumn(input.Name)) is { } missing
            ? $"the spine lacks column '{missing.Name}' ({missing.Type}), which the service takes as a request value. It has {string.Join(", ", spine.Columns.Select(column => $"'{column.Name}'"))}."
            : null;

    private FeatureValue Convert(in FeatureValue value, int input)
    {
        try
        {
            return value.As(Requests[input].Type);
        }
        catch (InvalidInputException error)
        {
            throw new InvalidInputException($"Request value '{Requests[input].Name}' is declared as {Requests[input].Type}: {error.Message}", error);
        }
    }
}
