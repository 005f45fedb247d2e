namespace MlOps.Registry;

/// <summary>Derives the stages of a version from what is recorded anyway.</summary>
internal static class StageHistory
{
    public static ModelStage Of(bool deleted, bool champion, bool challenger, bool wasEither) =>
        deleted ? ModelStage.Deleted
        : champion ? ModelStage.Champion
        : challenger ? ModelStage.Candidate
        : wasEither ? ModelStage.Retired
        : ModelStage.Registered;

    /// <summary>The stages in order; moves and deletions are each in order, and are merged by time.</summary>
    public static IReadOnlyList<ModelStageChange> Derive(
        int version, ModelStageChange created, IReadOnlyList<AliasChange> moves, IReadOnlyList<(bool IsDeleted, Deletion Done)> deletions)
    {
        var history = new List<ModelStageChange> { created };
        var (deleted, champion, challenger, wasEither) = (false, false, false, false);
        var (move, deletion) = (0, 0);
        while (move < moves.Count || deletion < deletions.Count)
        {
            // A deletion that removes aliases records their moves first, at the same moment.
            if (deletion == deletions.Count || (move < moves.Count && moves[move].At <= deletions[deletion].Done.At))
            {
                var change = moves[move++];
                var points = change.To == version;
                wasEither |= points;
                if (change.Alias == ModelAliases.Champion)
                    champion = points;
                else
                    challenger = points;
                Add(change.At, change.By, change.Reason);
            }
            else
            {
                (deleted, var done) = deletions[deletion++];
                Add(done.At, done.By, done.Reason);
            }
        }

        return history;

        void Add(Timestamp at, string by, string reason)
        {
            var stage = Of(deleted, champion, challenger, wasEither);
            if (stage != history[^1].Stage)
                history.Add(new ModelStageChange(stage, at, by, reason));
        }
    }
}
