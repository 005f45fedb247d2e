namespace MlOps.Orchestration;

/// <summary>
/// The one door between environments. A promotion is a durable workflow, kept in the environment promoted to and audited in both: killed at any
/// moment it goes on, and traffic and alias move last. Thread-safe.
/// </summary>
public interface IPromotions
{
    /// <summary>Promotes a version of this environment into another along the declared route.</summary>
    /// <param name="version">The version.</param>
    /// <param name="to">The environment to promote to; it declares this one as <see cref="EnvironmentPolicy.PromotesFrom"/>.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the wait; what was begun goes on with the next call or the worker.</param>
    /// <returns>The promotion: completed, or waiting for approvals.</returns>
    /// <exception cref="PromotionRejectedException">There is no such route, a gate refused, or it was rolled back.</exception>
    /// <exception cref="InvalidInputException">The key was used for another version or other options.</exception>
    ValueTask<PromotionRecord> PromoteAsync(ModelVersionRef version, string to, PromotionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Approves a promotion into this environment in the caller's name, and goes on with it when enough have.</summary>
    /// <param name="promotionId">The promotion.</param>
    /// <param name="comment">A comment for the record.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The promotion.</returns>
    /// <exception cref="AccessDeniedException">The caller asked for the promotion, or has no name.</exception>
    /// <exception cref="ConcurrencyConflictException">It does not wait for approvals.</exception>
    /// <exception cref="PromotionRejectedException">It went on and was refused or rolled back.</exception>
    ValueTask<PromotionRecord> ApproveAsync(string promotionId, string comment = "", CancellationToken cancellationToken = default);

    /// <summary>Refuses a promotion that waits for approvals.</summary>
    /// <param name="promotionId">The promotion.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The promotion, refused.</returns>
    /// <exception cref="ConcurrencyConflictException">It does not wait for approvals.</exception>
    ValueTask<PromotionRecord> RejectAsync(string promotionId, string reason, CancellationToken cancellationToken = default);

    /// <summary>Takes a completed promotion back: traffic and alias become as they were before it, unless somebody has moved them since.</summary>
    /// <param name="promotionId">The promotion.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The promotion, rolled back.</returns>
    /// <exception cref="ConcurrencyConflictException">It is not completed.</exception>
    ValueTask<PromotionRecord> RollBackAsync(string promotionId, string reason, CancellationToken cancellationToken = default);

    /// <summary>A promotion into this environment.</summary>
    /// <param name="promotionId">The promotion.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The promotion.</returns>
    /// <exception cref="NotFoundException">There is no such promotion.</exception>
    ValueTask<PromotionRecord> GetAsync(string promotionId, CancellationToken cancellationToken = default);

    /// <summary>Promotions into this environment, newest first.</summary>
    /// <param name="model">One model; null for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The promotions.</returns>
    ValueTask<IReadOnlyList<PromotionRecord>> ListAsync(string? model = null, int limit = 100, CancellationToken cancellationToken = default);
}
