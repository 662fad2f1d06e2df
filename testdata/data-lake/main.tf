# A small data platform with the slips that iamlint is made for. `iamlint check testdata/data-lake` shows them.

locals {
  lake_actions = ["s3:GetObject", "s3:PutObject*", "s3:DeleteObject"]
}

resource "aws_s3_bucket" "lake" {
  bucket = "example-lake"
}

resource "aws_s3_bucket_public_access_block" "lake" {
  bucket = aws_s3_bucket.lake.id

  block_public_acls       = true
  block_public_policy     = false
  ignore_public_acls      = true
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "lake" {
  bucket = aws_s3_bucket.lake.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Share"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.lake.arn}/*"
    }]
  })
}

resource "aws_iam_role" "etl" {
  name = "etl"

  assume_role_policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "glue.amazonaws.com" }, "Action": "sts:AssumeRole" }
      ]
    }
  EOT
}

data "aws_iam_policy_document" "etl" {
  statement {
    sid       = "Lake"
    actions   = local.lake_actions
    resources = ["${aws_s3_bucket.lake.arn}/*"]
  }

  statement {
    sid       = "Keys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
  }

  # The same grant, bound to the one service that it is for: nothing to say.
  statement {
    sid       = "KeysThroughS3"
    actions   = ["kms:Decrypt"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.eu-west-1.amazonaws.com"]
    }
  }

  statement {
    sid       = "Jobs"
    actions   = ["glue:StartJobRun", "iam:PassRole"]
    resources = ["*"]
  }

  # iamlint: ignore[wildcard_resource] reason="crawlers of other teams are started by name" until=2030-01-31
  statement {
    sid       = "Crawlers"
    actions   = ["glue:StartCrawler"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "etl" {
  role   = aws_iam_role.etl.id
  policy = data.aws_iam_policy_document.etl.json
}
