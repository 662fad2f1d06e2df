# The wiring of a data platform as it should not be. A mark names the rule that reports the line.

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.name
}

# Uploads start a function, whoever's they are.

resource "aws_lambda_permission" "uploads" {
  statement_id  = "uploads"
  action        = "lambda:InvokeFunction"
  function_name = "register"
  principal     = "s3.amazonaws.com" # finding: confused_deputy
}

resource "aws_lambda_permission" "archive" {
  statement_id  = "archive"
  action        = "lambda:InvokeFunction"
  function_name = "register"
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::example-platform-archive" # finding: source_without_account
}

resource "aws_lambda_permission" "arrivals" {
  statement_id  = "arrivals"
  action        = "lambda:InvokeFunction"
  function_name = "register"
  principal     = "s3.amazonaws.com"
  source_arn    = aws_sns_topic.arrivals.arn # finding: mismatched_source
}

resource "aws_lambda_permission" "partner" {
  statement_id  = "partner"
  action        = "lambda:*" # finding: lambda_permission_beyond_invoke
  function_name = "register"
  principal     = "444455556666"
}

resource "aws_lambda_permission" "logs" {
  statement_id  = "logs"
  action        = "lambda:InvokeFunction"
  function_name = "ship-logs"
  principal     = "logs.amazonaws.com"
  source_arn    = aws_cloudwatch_log_group.register.arn # finding: unmatched_log_source
}

resource "aws_lambda_function_url" "register" {
  function_name      = "register"
  authorization_type = "NONE" # finding: open_function_url
}

resource "aws_cloudwatch_log_group" "register" {
  name = "/aws/lambda/register"
}

# A queue and a topic that take from everybody.

resource "aws_sns_topic" "arrivals" {
  name = "arrivals"
}

resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

data "aws_iam_policy_document" "jobs" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.jobs.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"] # finding: confused_deputy
    }
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.jobs.arn]

    principals {
      type        = "*"
      identifiers = ["*"] # finding: public_resource_policy
    }

    condition {
      test     = "StringLike"
      variable = "aws:SourceArn"
      values   = ["*"]
    }
  }
}

resource "aws_sqs_queue_policy" "jobs" {
  queue_url = aws_sqs_queue.jobs.id
  policy    = data.aws_iam_policy_document.jobs.json
}

resource "aws_sns_topic_policy" "arrivals" {
  arn = aws_sns_topic.arrivals.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::444455556666:role/partner" } # finding: shared_control
      Action    = ["sns:Publish", "sns:AddPermission"]
      Resource  = aws_sns_topic.arrivals.arn
    }]
  })
}

# The way out of the network stands open.

resource "aws_vpc_endpoint" "buckets" { # finding: open_vpc_endpoint
  vpc_id            = "vpc-0a1b2c3d4e5f60718"
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
}

resource "aws_vpc_endpoint" "queues" {
  vpc_id            = "vpc-0a1b2c3d4e5f60718"
  service_name      = "com.amazonaws.${local.region}.sqs"
  vpc_endpoint_type = "Interface"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "*", Resource = "*" }] # finding: open_vpc_endpoint
  })
}

resource "aws_vpc_endpoint_service" "catalogue" {
  acceptance_required        = false
  network_load_balancer_arns = ["arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/catalogue/1a2b3c4d5e6f7081"]
  allowed_principals         = ["*"] # finding: open_endpoint_service
}

# Glue may do everything, and a state machine takes its role from anybody.

resource "aws_iam_role" "glue" {
  name = "glue"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "glue.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "glue" {
  role       = aws_iam_role.glue.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess" # finding: attached_administrator
}

resource "aws_iam_role" "pipeline" {
  name = "pipeline"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "states.amazonaws.com" }, Action = "sts:AssumeRole" }] # finding: service_trust_without_source
  })
}

# Those who come from outside are strangers.

resource "aws_iam_role" "collector" {
  name = "collector"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::444455556666:root" } # finding: account_wide_trust
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" } # finding: open_trust
      Action    = "sts:*"       # finding: wildcard_trust_action
      Condition = { StringEqualsIfExists = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }]
  })
}

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com", "https://github.com/example"]
}

data "aws_iam_policy_document" "deploy_trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn] # finding: loose_audience
    }

    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:example*:*"] # finding: open_oidc_trust
    }
  }
}

resource "aws_iam_role" "deploy" {
  name               = "deploy"
  assume_role_policy = data.aws_iam_policy_document.deploy_trust.json
}

data "aws_iam_policy_document" "visitor" {
  statement {
    actions   = ["sts:AssumeRole"]
    resources = ["*"] # finding: assume_any_role
  }
}

resource "aws_iam_role_policy" "visitor" {
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.visitor.json
}
