using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ImagePrediction.Core.Database.Migrations
{
    /// <inheritdoc />
    public partial class Clients : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "webhook_url",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                columns: table => new
                {
                    owner = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    prediction_id = table.Column<Guid>(type: "uuid", nullable: false),
                    created_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_idempotency_keys", x => new { x.owner, x.key });
                });

            migrationBuilder.CreateTable(
                name: "webhook_deliveries",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    prediction_id = table.Column<Guid>(type: "uuid", nullable: false),
                    url = table.Column<string>(type: "text", nullable: false),
                    snapshot = table.Column<string>(type: "jsonb", nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    delivered_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<string>(type: "jsonb", nullable: false),
                    created_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_webhook_deliveries", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "ix_predictions_completed",
                table: "predictions",
                column: "completed_at",
                filter: "completed_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_predictions_owned",
                table: "predictions",
                columns: new[] { "owner", "id" },
                filter: "owner <> ''");

            migrationBuilder.CreateIndex(
                name: "ix_predictions_unanswered",
                table: "predictions",
                column: "id",
                filter: "status IN ('failed', 'canceled')");

            migrationBuilder.CreateIndex(
                name: "ix_idempotency_keys_created",
                table: "idempotency_keys",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_created",
                table: "webhook_deliveries",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_due",
                table: "webhook_deliveries",
                column: "next_at",
                filter: "next_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_webhook_deliveries_prediction",
                table: "webhook_deliveries",
                column: "prediction_id");

            // Whoever makes a prediction final, a worker, a client or the recovery pass, cannot forget to tell of it.
            migrationBuilder.Sql("""
                CREATE FUNCTION deliver_final_prediction() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO webhook_deliveries (id, prediction_id, url, snapshot, tries, next_at, attempts, created_at)
                    VALUES (gen_random_uuid(), NEW.id, NEW.webhook_url, to_jsonb(NEW), 0, now(), '[]', now());
                    RETURN NULL;
                END $$;
                CREATE TRIGGER deliver_final_prediction AFTER UPDATE OF status ON predictions FOR EACH ROW
                    WHEN (NEW.webhook_url IS NOT NULL AND OLD.status IN ('queued', 'processing')
                        AND NEW.status IN ('succeeded', 'failed', 'canceled'))
                    EXECUTE FUNCTION deliver_final_prediction();
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER deliver_final_prediction ON predictions; DROP FUNCTION deliver_final_prediction();");

            migrationBuilder.DropTable(
                name: "idempotency_keys");

            migrationBuilder.DropTable(
                name: "webhook_deliveries");

            migrationBuilder.DropIndex(
                name: "ix_predictions_completed",
                table: "predictions");

            migrationBuilder.DropIndex(
                name: "ix_predictions_owned",
                table: "predictions");

            migrationBuilder.DropIndex(
                name: "ix_predictions_unanswered",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "webhook_url",
                table: "predictions");
        }
    }
}
