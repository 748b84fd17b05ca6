using Microsoft.EntityFrameworkCore;

namespace ImagePrediction.Store;

/// <summary>
/// The schema and its migrations. The statements on the path of every image are plain SQL, in
/// <see cref="PredictionStore"/>, <see cref="TaskStore"/> and <see cref="RecoveryStore"/>.
/// </summary>
public sealed class PredictionsContext(DbContextOptions<PredictionsContext> options) : DbContext(options)
{
    /// <summary>One row a prediction.</summary>
    public DbSet<Prediction> Predictions => Set<Prediction>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Prediction>(prediction =>
        {
            prediction.ToTable("predictions");
            prediction.HasKey(p => p.Id);
            prediction.Ignore(p => p.IsFinal);
            prediction.Property(p => p.Status).HasConversion(
                status => StatusNames.Of(status), name => StatusNames.Parse(name)).HasMaxLength(16);
            prediction.Property(p => p.Detections).HasColumnType("jsonb");
            prediction.HasIndex(p => p.HintedAt, "ix_predictions_waiting").HasFilter("status = 'queued'");
            prediction.HasIndex(p => p.HintedAt, "ix_predictions_suspects").HasFilter("status = 'queued' AND losses > 0");
            prediction.HasIndex(p => p.LeaseUntil, "ix_predictions_leased").HasFilter("status = 'processing'");
            // Partial: without API keys the way of an image from insert to claim writes to none of them.
            prediction.HasIndex(p => p.CompletedAt, "ix_predictions_completed").HasFilter("completed_at IS NOT NULL");
            prediction.HasIndex(p => p.Id, "ix_predictions_unanswered").HasFilter("status IN ('failed', 'canceled')");
            prediction.HasIndex(p => new { p.Owner, p.Id }, "ix_predictions_owned").HasFilter("owner <> ''");
        });
        modelBuilder.Entity<IdempotencyKey>(key =>
        {
            key.ToTable("idempotency_keys");
            key.HasKey(k => new { k.Owner, k.Key });
            key.HasIndex(k => k.CreatedAt, "ix_idempotency_keys_created");
        });
        modelBuilder.Entity<WebhookDelivery>(delivery =>
        {
            delivery.ToTable("webhook_deliveries");
            delivery.Property(d => d.Snapshot).HasColumnType("jsonb");
            delivery.Property(d => d.Attempts).HasColumnType("jsonb");
            delivery.HasIndex(d => d.NextAt, "ix_webhook_deliveries_due").HasFilter("next_at IS NOT NULL");
            delivery.HasIndex(d => d.PredictionId, "ix_webhook_deliveries_prediction");
            delivery.HasIndex(d => d.CreatedAt, "ix_webhook_deliveries_created");
        });
        modelBuilder.Entity<RecoveryPass>().ToTable("recovery_passes").HasData(new RecoveryPass { Id = 1 });

        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            property.SetColumnName(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }
}

/// <summary>The one row in which the recoverers of all API instances agree on when the last pass was.</summary>
public sealed class RecoveryPass
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>When the last pass began.</summary>
    public DateTime LastPassAt { get; init; } = DateTime.UnixEpoch;

    /// <summary>No lease is judged before this moment: it is moved on after a gap, in which nobody could renew.</summary>
    public DateTime JudgeFrom { get; init; } = DateTime.UnixEpoch;
}
