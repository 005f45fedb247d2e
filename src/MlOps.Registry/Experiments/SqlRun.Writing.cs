namespace MlOps.Registry;

internal sealed partial class SqlRun
{
    private async Task PumpAsync()
    {
        while (!_stopping)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            if (_stopping || _ended)
                return;
            try
            {
                await WriteAsync(null, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ConcurrencyConflictException)
            {
                return;
            }
            catch (Exception error)
            {
                // Training goes on: the batch is kept and written with the next signal, and FlushAsync reports what stays wrong.
                LogWriteFailed(_logger, Id, error);
            }
        }
    }

    private async ValueTask WriteAsync(RunStatus? end, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_ended)
                return;
            if (_unwritten is { } former)
                await WriteAsync(former, null, cancellationToken).ConfigureAwait(false);
            var batch = _buffer.Take();
            if (!batch.IsEmpty || end is not null || _context.Clock.GetElapsedTime(_lastWrite) >= _timings.Heartbeat)
                await WriteAsync(batch, end, cancellationToken).ConfigureAwait(false);
            if (end is not null)
                _ended = true;
        }
        catch (ConcurrencyConflictException conflict)
        {
            _fault = conflict;
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask WriteAsync(RunBatch batch, RunStatus? end, CancellationToken cancellationToken)
    {
        _unwritten = batch;
        var blocks = batch.Series.ConvertAll(series => PointBlock.Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(series.Points)));
        var error = end is null ? null : Described(_error);
        var begun = _context.Clock.GetTimestamp();
        // A data set that is stored here is kept for the run from now on. Of many the digest is all that there is.
        foreach (var input in batch.Inputs.Values)
        {
            if (ArtifactDigest.TryParse(input.Digest, out var stored))
                await _context.Artifacts.RefreshAsync(stored, cancellationToken).ConfigureAwait(false);
        }

        await _area.WriteAsync(async (session, _) =>
        {
            await TouchAsync(session).ConfigureAwait(false);
            await WriteValuesAsync(session, batch).ConfigureAwait(false);
            for (var i = 0; i < blocks.Count; i++)
                await WriteSeriesAsync(session, batch.Series[i], blocks[i]).ConfigureAwait(false);
            if (end is { } status)
            {
                await session.ExecuteAsync(
                    "UPDATE experiments_runs SET status = @status, ended_at = @now, error = @error WHERE id = @id",
                    ("status", status.ToString()), ("now", Now), ("error", error), ("id", Id)).ConfigureAwait(false);
                await _context.Audit.AppendAsync(session, new AuditEntry(
                    "experiments.run.end", $"{Experiment}/{Id}", Before: SqlExperiments.RunJson(RunStatus.Running), After: SqlExperiments.RunJson(status))).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken).ConfigureAwait(false);
        _lastWrite = begun;
        _unwritten = null;
        _buffer.Written(batch);
    }

    /// <summary>Shows that the run lives, and that this process still owns it.</summary>
    private async ValueTask TouchAsync(IMetadataSession session)
    {
        var changed = await session.ExecuteAsync(
            "UPDATE experiments_runs SET heartbeat_at = @now, status = 'Running', ended_at = NULL WHERE id = @id AND owner = @owner AND deleted_at IS NULL",
            ("now", Now), ("id", Id), ("owner", _owner)).ConfigureAwait(false);
        if (changed == 0)
            throw new ConcurrencyConflictException($"Run {Id} was resumed elsewhere under its key, or deleted; what this process logs is no longer taken.");
    }

    private async ValueTask WriteValuesAsync(IMetadataSession session, RunBatch batch)
    {
        foreach (var (name, value) in batch.Parameters)
        {
            await session.ExecuteAsync(
                "INSERT INTO experiments_parameters (run_id, name, value) VALUES (@run, @name, @value) ON CONFLICT (run_id, name) DO NOTHING",
                ("run", Id), ("name", name), ("value", value)).ConfigureAwait(false);
        }

        foreach (var (name, value) in batch.Tags)
        {
            if (value is null)
            {
                await session.ExecuteAsync("DELETE FROM experiments_tags WHERE run_id = @run AND name = @name", ("run", Id), ("name", name)).ConfigureAwait(false);
                continue;
            }

            await session.ExecuteAsync(
                "INSERT INTO experiments_tags (run_id, name, value) VALUES (@run, @name, @value) ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value",
                ("run", Id), ("name", name), ("value", value)).ConfigureAwait(false);
        }

        foreach (var input in batch.Inputs.Values)
        {
            await session.ExecuteAsync(
                "INSERT INTO experiments_inputs (run_id, name, role, digest, source, schema_json, row_count) VALUES (@run, @name, @role, @digest, @source, @schema, @rows) " +
                "ON CONFLICT (run_id, name, role) DO UPDATE SET digest = excluded.digest, source = excluded.source, schema_json = excluded.schema_json, row_count = excluded.row_count",
                ("run", Id), ("name", input.Name), ("role", input.Role), ("digest", input.Digest), ("source", input.Source), ("schema", input.Schema),
                ("rows", input.Rows)).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteSeriesAsync(IMetadataSession session, RunBatch.SeriesBlock series, byte[] block)
    {
        var (low, high) = (long.MaxValue, long.MinValue);
        foreach (var point in series.Points)
            (low, high) = (Math.Min(low, point.Step), Math.Max(high, point.Step));
        await session.ExecuteAsync(
            "INSERT INTO experiments_points (run_id, name, first, points, attempt, min_step, max_step) VALUES (@run, @name, @first, @points, @attempt, @low, @high) " +
            "ON CONFLICT (run_id, name, first) DO UPDATE SET points = excluded.points, attempt = excluded.attempt, min_step = excluded.min_step, max_step = excluded.max_step",
            ("run", Id), ("name", series.Name), ("first", series.First), ("points", block), ("attempt", (long)Attempt), ("low", low), ("high", high)).ConfigureAwait(false);
        await session.ExecuteAsync(
            "INSERT INTO experiments_series (run_id, name, points, last_step, last_at, last_value) VALUES (@run, @name, @count, @step, @at, @value) " +
            "ON CONFLICT (run_id, name) DO UPDATE SET points = excluded.points, last_step = excluded.last_step, last_at = excluded.last_at, last_value = excluded.last_value",
            ("run", Id), ("name", series.Name), ("count", series.First + series.Points.Count), ("step", series.Latest.Step), ("at", series.Latest.Time),
            ("value", double.IsNaN(series.Latest.Value) ? null : series.Latest.Value)).ConfigureAwait(false);
    }

    private async ValueTask InsertArtifactAsync(IMetadataSession session, string name, ArtifactRef stored)
    {
        // A resumed run does its work again and may replace what the dead process stored; within one process a second file of the same name is a mistake.
        var other = await session.ScalarAsync(
            "SELECT 1 FROM experiments_artifacts WHERE run_id = @run AND name = @name AND owner = @owner AND digest <> @digest",
            ("run", Id), ("name", name), ("owner", _owner), ("digest", stored.Digest)).ConfigureAwait(false);
        if (other is not null)
            throw new InvalidInputException($"The run has another artifact '{name}' already. Give this one another name.");
        var count = await session.ScalarAsync("SELECT COUNT(*) FROM experiments_artifacts WHERE run_id = @run", ("run", Id)).ConfigureAwait(false);
        if (count >= RegistryLimits.Artifacts)
            throw new InvalidInputException($"The run has {count} artifacts; at most {RegistryLimits.Artifacts} are allowed.");
        await session.ExecuteAsync(
            "INSERT INTO experiments_artifacts (run_id, name, digest, size, media_type, owner) VALUES (@run, @name, @digest, @size, @type, @owner) " +
            "ON CONFLICT (run_id, name) DO UPDATE SET digest = excluded.digest, size = excluded.size, media_type = excluded.media_type, owner = excluded.owner",
            ("run", Id), ("name", name), ("digest", stored.Digest), ("size", stored.Size), ("type", stored.MediaType), ("owner", _owner)).ConfigureAwait(false);
    }

    private static string? Described(Exception? error)
    {
        var text = error?.ToString().Replace('\0', '\uFFFD');
        return text is { Length: > RegistryLimits.ErrorLength } ? text[..RegistryLimits.ErrorLength] : text;
    }
}
