namespace MlOps.Features;

internal sealed partial class OnlineState
{
    private readonly TextPool _texts = new();
    private readonly long _memoryLimit;
    private readonly bool _evicts;
    private long _sweptAt = long.MinValue;

    /// <summary>What the entities take: their blocks, sketches, texts, keys and headers.</summary>
    public long LiveBytes => (_pool.LiveWords * 8) + _managedBytes + Entities.Bytes;

    /// <summary>What was taken from the system for them, blocks in use or not.</summary>
    public long MemoryBytes => (_pool.Words * 8) + _managedBytes + Entities.Bytes;

    /// <summary>Entities taken out to stay within the memory bound although reads would have had answers.</summary>
    public long EvictedEntities { get; private set; }

    /// <summary>Entities taken out because nothing that can be asked for depends on them any more.</summary>
    public long DroppedEntities { get; private set; }

    /// <summary>Takes out entities that every window and time to live has left behind: reads answer as before.</summary>
    public int DropExpired()
    {
        if (_reach == long.MinValue || _sweptAt == _reach)
            return 0;
        _sweptAt = _reach;
        var dropped = 0;
        for (var number = 0; number < Entities.Numbers; number++)
        {
            var chunk = Entities.Chunk(number, out var at);
            if (!Entities.IsThere(number) || chunk.Headers[at].LastEvent >= _reach)
                continue;
            Remove(number);
            dropped++;
        }

        DroppedEntities += dropped;
        return dropped;
    }

    /// <summary>Makes room for rows by the policy; null when there is, else what to tell the writer.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="promised">What rows that are not applied yet may take; grows by what these may take.</param>
    public QuotaExceededException? MakeRoom(RowBatch batch, ref long promised)
    {
        if (_memoryLimit == long.MaxValue)
            return null;
        var needed = BytesFor(batch);
        if (LiveBytes + promised + needed > _memoryLimit)
        {
            // What these rows will settle may leave entities behind, whose memory they can have.
            AdvanceTo(_mark.After(batch.Available, Now()));
            needed = BytesFor(batch);
        }

        if (MakeRoom(promised + needed) is { } refusal)
            return refusal;
        promised += needed;
        return null;
    }

    /// <summary>Makes room for a number of bytes by the policy; null when there is.</summary>
    public QuotaExceededException? MakeRoom(long needed)
    {
        if (_memoryLimit == long.MaxValue || LiveBytes + needed <= _memoryLimit)
            return null;
        if (DropExpired() > 0 && LiveBytes + needed <= _memoryLimit)
            return null;
        if (_evicts && needed < _memoryLimit)
        {
            Evict(_memoryLimit - needed - (_memoryLimit / 32));
            return null;
        }

        return new QuotaExceededException(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"Feature view '{_plan.View.Name}' takes {LiveBytes:N0} bytes online and may take {needed:N0} more with these rows, beyond the bound of {_memoryLimit:N0} bytes (FeatureStoreOptions.OnlineMemoryBytes). ")
            + "Raise the bound, shorten windows and times to live, or let the entities that were silent longest be evicted (OnlineMemoryPolicy.EvictOldest).",
            LiveBytes, _memoryLimit);
    }

    /// <summary>Lets go of texts that were shared.</summary>
    public void ForgetTexts() => _texts.Clear();

    // An upper bound but for blocks that double.
    private long BytesFor(RowBatch batch)
    {
        var entities = 0;
        for (var code = 0; code < batch.Keys[0].Length; code++)
        {
            if (Entities.Find(new EntityKey(batch.Keys, code), Entities.Hash(new EntityKey(batch.Keys, code))) < 0)
                entities++;
        }

        var texts = 0L;
        foreach (var column in batch.Plain.OfType<DataColumn<string>>())
        {
            foreach (var text in column.Span)
                texts += BytesOf(text);
        }

        return Entities.GrowthFor(entities) + (entities * (64L + 32 + (8L * FirstCapacity * (_layout.WindowWords + _layout.Sketches)) + (60L * batch.Keys.Length)))
            + (batch.Count * 8L * (_layout.WindowWords + _layout.Sketches + _layout.RowWords + _layout.Texts)) + texts;
    }

    /// <summary>The materialisation that an entity is done with.</summary>
    public int PassOf(int number) => Entities.Chunk(number, out var at).Headers[at].Pass;

    public void SetPass(int number, int pass) => Entities.Chunk(number, out var at).Headers[at].Pass = pass;

    private void Evict(long target)
    {
        var silent = new List<(long LastEvent, int Number)>(Entities.Count);
        for (var number = 0; number < Entities.Numbers; number++)
        {
            if (Entities.IsThere(number))
                silent.Add((Entities.Chunk(number, out var at).Headers[at].LastEvent, number));
        }

        silent.Sort();
        foreach (var (_, number) in silent)
        {
            if (LiveBytes <= target)
                break;
            Remove(number);
            EvictedEntities++;
        }
    }
}
