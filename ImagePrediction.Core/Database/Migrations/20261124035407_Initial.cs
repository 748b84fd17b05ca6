using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace ImagePrediction.Core.Database.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "predictions",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    status = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    losses = table.Column<int>(type: "integer", nullable: false),
                    faults = table.Column<int>(type: "integer", nullable: false),
                    available_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    hinted_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    lease_until = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    worker = table.Column<string>(type: "text", nullable: true),
                    traceparent = table.Column<string>(type: "text", nullable: true),
                    image_bytes = table.Column<long>(type: "bigint", nullable: false),
                    image_type = table.Column<string>(type: "text", nullable: false),
                    image_width = table.Column<int>(type: "integer", nullable: false),
                    image_height = table.Column<int>(type: "integer", nullable: false),
                    model_name = table.Column<string>(type: "text", nullable: true),
                    model_version = table.Column<string>(type: "text", nullable: true),
                    threshold = table.Column<double>(type: "double precision", nullable: true),
                    contains_dog = table.Column<bool>(type: "boolean", nullable: true),
                    confidence = table.Column<double>(type: "double precision", nullable: true),
                    detections = table.Column<string>(type: "jsonb", nullable: true),
                    inference_ms = table.Column<double>(type: "double precision", nullable: true),
                    error_code = table.Column<string>(type: "text", nullable: true),
                    error_detail = table.Column<string>(type: "text", nullable: true),
                    owner = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_predictions", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "recovery_passes",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    last_pass_at = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    judge_from = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_recovery_passes", x => x.id);
                });

            migrationBuilder.InsertData(
                table: "recovery_passes",
                columns: new[] { "id", "judge_from", "last_pass_at" },
                values: new object[] { 1, new DateTime(1970, 1, 1, 0, 0, 0, 0, DateTimeKind.Utc), new DateTime(1970, 1, 1, 0, 0, 0, 0, DateTimeKind.Utc) });

            migrationBuilder.CreateIndex(
                name: "ix_predictions_leased",
                table: "predictions",
                column: "lease_until",
                filter: "status = 'processing'");

            migrationBuilder.CreateIndex(
                name: "ix_predictions_suspects",
                table: "predictions",
                column: "hinted_at",
                filter: "status = 'queued' AND losses > 0");

            migrationBuilder.CreateIndex(
                name: "ix_predictions_waiting",
                table: "predictions",
                column: "hinted_at",
                filter: "status = 'queued'");

            // Every prediction changes its state twice: vacuum long before a fifth of the table is dead.
            migrationBuilder.Sql("ALTER TABLE predictions SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "predictions");

            migrationBuilder.DropTable(
                name: "recovery_passes");
        }
    }
}
