import { SafeUrl } from 'nestjs-bulwark';

export class LinkPreviewInput {
  @SafeUrl()
  url!: string;
}
