using ImagePrediction.Predictions;
using Microsoft.EntityFrameworkCore;

namespace ImagePrediction.Database;

/// <summary>
/// The schema, its migrations, and the queries that do not run for every image: lists, statistics, cleanup. Statements that run
/// for every image are plain SQL, in <c>Flow/</c>.
/// </summary>
public sealed class PredictionsContext(DbContextOptions<PredictionsContext> options) : DbContext(options)
{
    /// <summary>One row per prediction.</summary>
    public DbSet<Prediction> Predictions => Set<Prediction>();

    /// <summary>One row per idempotency key that a client sent with an upload.</summary>
    public DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();

    /// <summary>One row for each time a prediction with a webhook became final.</summary>
    public DbSet<WebhookDelivery> WebhookDeliveries => Set<WebhookDelivery>();

    /// <summary>The image store that belongs to this database; no row before the first start.</summary>
    public DbSet<KnownImageStore> ImageStores => Set<KnownImageStore>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Prediction>(prediction =>
        {
            prediction.ToTable("predictions");
            prediction.HasKey(p => p.Id);
            prediction.Ignore(p => p.IsFinal);
            prediction.Ignore(p => p.StatusName);
            prediction.Property(p => p.Status).HasConversion(
                status => status.ToString().ToLowerInvariant(), name => Enum.Parse<PredictionStatus>(name, true)).HasMaxLength(16);
            prediction.Property(p => p.Detections).HasColumnType("jsonb");
            prediction.Property(p => p.BelowThreshold).HasColumnType("jsonb");
            prediction.HasIndex(p => p.HintedAt, "ix_predictions_waiting").HasFilter("status = 'queued'");
            prediction.HasIndex(p => p.HintedAt, "ix_predictions_suspects").HasFilter("status = 'queued' AND losses > 0");
            prediction.HasIndex(p => p.LeaseUntil, "ix_predictions_leased").HasFilter("status = 'processing'");
            // Partial: without an API key and a reference, neither insert nor claim writes to any of these.
            prediction.HasIndex(p => p.CompletedAt, "ix_predictions_completed").HasFilter("completed_at IS NOT NULL");
            prediction.HasIndex(p => p.Id, "ix_predictions_unanswered").HasFilter("status IN ('failed', 'canceled')");
            prediction.HasIndex(p => new { p.Owner, p.Id }, "ix_predictions_owned").HasFilter("owner <> ''");
            prediction.HasIndex(p => new { p.Reference, p.Id }, "ix_predictions_referenced").HasFilter("reference IS NOT NULL");
            // Nearly all rows have a file name, so only the last of a row's three writes updates this index.
            prediction.HasIndex(p => new { p.FileName, p.Id }, "ix_predictions_named").HasFilter("completed_at IS NOT NULL AND file_name IS NOT NULL");
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
        modelBuilder.Entity<KnownImageStore>(store =>
        {
            store.ToTable("image_stores");
            store.Property(s => s.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<PauseRow>(pause =>
        {
            pause.ToTable("queue_pause");
            pause.Property(p => p.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<WorkerRow>(worker =>
        {
            worker.ToTable("workers").IsUnlogged();
            worker.HasKey(w => w.Name);
        });
        modelBuilder.Entity<RecoveryPass>().ToTable("recovery_passes").HasData(new RecoveryPass { Id = 1 });

        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
            property.SetColumnName(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }
}

/// <summary>The single row through which the recoverers of all API instances coordinate their passes.</summary>
public sealed class RecoveryPass
{
    /// <summary>Always 1.</summary>
    public int Id { get; init; }

    /// <summary>When the last pass began.</summary>
    public DateTime LastPassAt { get; init; } = DateTime.UnixEpoch;

    /// <summary>No lease counts as expired before this time. Moved forward after a gap, during which workers may have been unable to renew.</summary>
    public DateTime JudgeFrom { get; init; } = DateTime.UnixEpoch;
}
