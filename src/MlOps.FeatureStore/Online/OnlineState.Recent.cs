namespace MlOps.Features;

internal sealed partial class OnlineState
{
    private void ApplyRecent(ref EntityHeader header, EntityChunk chunk, int at, in OnlineRow row)
    {
        var words = _layout.RowWords;
        var place = RowsBefore(header.Recent, row);
        if (place > 0 && _isUpsert)
        {
            var same = _pool[header.Recent.Slab].AsSpan(header.Recent.Offset + ((place - 1) * words), words);
            if (same[0] == row.Event && same[1] == row.Available)
            {
                Write(same, chunk, at, place - 1, row);
                return;
            }
        }

        if (IsHidden(header.Recent, place, row))
            return;
        if (header.Recent.Count == header.Recent.Capacity)
        {
            Trim(ref header, chunk, at);
            if (header.Recent.Count > header.Recent.Capacity / 4 * 3 || header.Recent.Count == header.Recent.Capacity)
                ResizeRecent(ref header, chunk, at);
            place = RowsBefore(header.Recent, row);
        }

        ref var recent = ref header.Recent;
        var slab = _pool[recent.Slab];
        var start = recent.Offset + (place * words);
        if (place < recent.Count)
        {
            Array.Copy(slab, start, slab, start + words, (recent.Count - place) * words);
            if (chunk.Texts?[at] is { } texts)
            {
                Array.Copy(texts, place * _layout.Texts, texts, (place + 1) * _layout.Texts, (recent.Count - place) * _layout.Texts);
                // They have moved: what is written over here is not gone.
                Array.Clear(texts, place * _layout.Texts, _layout.Texts);
            }
        }

        recent.Count++;
        Write(slab.AsSpan(start, words), chunk, at, place, row);
    }

    private void Write(Span<long> words, EntityChunk chunk, int at, int place, in OnlineRow row)
    {
        row.Words.CopyTo(words);
        words[0] = row.Event;
        words[1] = row.Available;
        if (chunk.Texts?[at] is not { } texts)
            return;
        for (var t = 0; t < _layout.Texts; t++)
        {
            ref var text = ref texts[(place * _layout.Texts) + t];
            _managedBytes += BytesOf(row.Texts[t]) - BytesOf(text);
            text = _texts.Shared(row.Texts[t]);
        }
    }

    // How many rows are not after the row in (event time, availability, arrival).
    private int RowsBefore(in EntityHeader.Place recent, in OnlineRow row)
    {
        var place = recent.Count;
        if (place == 0)
            return 0;
        var words = _layout.RowWords;
        var rows = _pool[recent.Slab].AsSpan(recent.Offset, place * words);
        while (place > 0 && (rows[(place - 1) * words] > row.Event || (rows[(place - 1) * words] == row.Event && rows[((place - 1) * words) + 1] > row.Available)))
            place--;
        return place;
    }

    // A settled row behind enough settled ones is never seen, unless a window may end before these.
    private bool IsHidden(in EntityHeader.Place recent, int place, in OnlineRow row)
    {
        if (_layout.TumblingLasts.Length > 0 || row.Event > _exactFrom || row.Available > _exactFrom || recent.Count - place < _plan.Depth)
            return false;
        var words = _layout.RowWords;
        var rows = _pool[recent.Slab].AsSpan(recent.Offset, recent.Count * words);
        var newer = 0;
        for (var r = place; r < recent.Count; r++)
        {
            if (rows[r * words] <= _exactFrom && rows[(r * words) + 1] <= _exactFrom)
                newer++;
        }

        return newer >= _plan.Depth;
    }

    // Of the settled rows the newest ones stay, of all of them and of those up to the end of each tumbling window: an end that comes later is after all of them.
    private void Trim(ref EntityHeader header, EntityChunk chunk, int at)
    {
        if (_exactFrom == long.MinValue || header.Recent.Count == 0)
            return;
        ref var recent = ref header.Recent;
        var words = _layout.RowWords;
        var tumbling = _layout.TumblingLasts;
        var slab = _pool[recent.Slab];
        Span<int> ended = stackalloc int[tumbling.Length];
        ended.Clear();
        var all = 0;
        var keeps = Targets(recent.Count);
        var left = 0;
        for (var r = recent.Count - 1; r >= 0; r--)
        {
            long time = slab[recent.Offset + (r * words)], known = slab[recent.Offset + (r * words) + 1];
            var keep = time > _exactFrom || known > _exactFrom;
            if (!keep)
            {
                keep = all++ < _plan.Depth;
                for (var w = 0; w < tumbling.Length; w++)
                {
                    if (time <= _plan.High(tumbling[w], _exactFrom))
                        keep |= ended[w]++ < _plan.Depth;
                }
            }

            keep &= time >= _reach;
            keeps[r] = keep ? 1 : 0;
            left += keeps[r];
        }

        if (left == recent.Count)
            return;
        var texts = chunk.Texts?[at];
        var to = 0;
        for (var r = 0; r < recent.Count; r++)
        {
            if (keeps[r] == 0)
            {
                for (var t = 0; texts is not null && t < _layout.Texts; t++)
                    _managedBytes -= BytesOf(texts[(r * _layout.Texts) + t]);
                continue;
            }

            if (to != r)
            {
                Array.Copy(slab, recent.Offset + (r * words), slab, recent.Offset + (to * words), words);
                texts?.AsSpan(r * _layout.Texts, _layout.Texts).CopyTo(texts.AsSpan(to * _layout.Texts));
            }

            to++;
        }

        texts?.AsSpan(to * _layout.Texts).Clear();
        recent.Count = to;
    }

    private void ResizeRecent(ref EntityHeader header, EntityChunk chunk, int at)
    {
        ref var recent = ref header.Recent;
        var capacity = recent.Capacity < 4 ? recent.Capacity + 1 : NextCapacity(recent.Capacity);
        var words = _layout.RowWords;
        var (slab, offset) = _pool.Rent(capacity * words);
        if (recent.Capacity > 0)
        {
            Array.Copy(_pool[recent.Slab], recent.Offset, _pool[slab], offset, recent.Count * words);
            _pool.Return(recent.Capacity * words, recent.Slab, recent.Offset);
        }

        if (chunk.Texts is not null)
        {
            var texts = new string?[capacity * _layout.Texts];
            chunk.Texts[at].AsSpan(0, recent.Count * _layout.Texts).CopyTo(texts);
            chunk.Texts[at] = texts;
            _managedBytes += 8L * (capacity - recent.Capacity) * _layout.Texts;
        }

        recent.Slab = slab;
        recent.Offset = offset;
        recent.Capacity = capacity;
    }
}
