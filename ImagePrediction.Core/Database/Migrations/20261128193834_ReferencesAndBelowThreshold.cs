using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ImagePrediction.Core.Database.Migrations
{
    /// <inheritdoc />
    public partial class ReferencesAndBelowThreshold : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "below_threshold",
                table: "predictions",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "file_name",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "reference",
                table: "predictions",
                type: "text",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "ix_predictions_referenced",
                table: "predictions",
                columns: new[] { "reference", "id" },
                filter: "reference IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_predictions_referenced",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "below_threshold",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "file_name",
                table: "predictions");

            migrationBuilder.DropColumn(
                name: "reference",
                table: "predictions");
        }
    }
}
